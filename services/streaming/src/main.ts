import { run } from '@ott/service/run'
import { streaming } from './service.ts'

await run(streaming)
