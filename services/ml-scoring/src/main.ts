import { run } from '@ott/service/run'
import { mlScoring } from './service.ts'

await run(mlScoring)
