import { run } from '@ott/service/run'
import { violation } from './service.ts'

await run(violation)
