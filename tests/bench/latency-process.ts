import { once } from 'node:events'
import { measureLatency, type LatencyOptions } from './latency.ts'

const [options] = (await once(process, 'message')) as [LatencyOptions]
const report = await measureLatency(options)
process.send?.(report, () => process.disconnect())
