import { run } from '@ott/service/run'
import { router } from './service.ts'

await run(router)
