import type { Bus } from '@ott/pipeline/bus'
import type { Database } from '@ott/postgres/database'
import { leadTask } from '../lead-task.ts'
import { hourMs } from './hourly-counts.ts'
import { forgetSeries, judgeTenant, tellAnomalies, type ForecastFor } from './judge-tenant.ts'

export interface SeriesWatchOptions {
  readonly database: Database
  readonly bus: Pick<Bus, 'publish'>
  tenants(): readonly string[]
  readonly intervalMs: number
  readonly leaseMs: number
  /** An hour is judged this long after its end. */
  readonly latenessMs: number
  nowMs(): number
  readonly forecastFor?: ForecastFor
  onFault(error: unknown): void
}

/** Judges all tenants' hourly series once their hours are over. One process does it; two for a moment tell the same under the same ids. */
export function startSeriesWatch({ database, bus, tenants, intervalMs, leaseMs, latenessMs, nowMs, forecastFor = () => undefined, onFault }: SeriesWatchOptions) {
  let forgottenHour = -Infinity
  return leadTask({
    database,
    task: 'series-watch',
    intervalMs,
    leaseMs,
    onFault,
    async work(signal) {
      const upToHour = Math.floor((nowMs() - latenessMs) / hourMs) - 1
      const forgets = upToHour > forgottenHour
      for (const tenantId of tenants()) {
        if (signal.aborted) return
        try {
          await judgeTenant(database, tenantId, upToHour, forecastFor)
          await tellAnomalies(database, tenantId, (records) => bus.publish(records))
          if (forgets) await forgetSeries(database, tenantId, upToHour)
        } catch (error) {
          // One tenant's series that fail don't hold up the others'.
          onFault(error)
        }
      }
      forgottenHour = upToHour
    },
  })
}
