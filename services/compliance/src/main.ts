import { run } from '@ott/service/run'
import { compliance } from './service.ts'

await run(compliance)
