import { run } from '@ott/service/run'
import { ingest } from './service.ts'

await run(ingest)
