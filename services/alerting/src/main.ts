import { run } from '@ott/service/run'
import { alerting } from './service.ts'

await run(alerting)
