import { run } from '@ott/service/run'
import { tenant } from './service.ts'

await run(tenant)
