import { seriesPerTenantMax } from '@ott/anomaly/seasonal/series-counts'
import { hoursPerWeek, weeksMax } from '@ott/anomaly/seasonal/hour-of-week'
import type { Bus } from '@ott/pipeline/bus'
import type { Database } from '@ott/postgres/database'
import { workInSlices, type Slices } from '@ott/service/work-in-slices'
import { leadTask } from '../lead-task.ts'
import type { CountedHours } from './counted-hours.ts'
import { judgeHours, type HoursToJudge } from './judge-hours.ts'
import { forgetSeries, readSeriesCounts } from './series-count-store.ts'
import type { ForecastFor, SeriesForecaster } from './series-forecast.ts'
import { hourMs } from './series-tally.ts'
import { dueSeries, readWatchFigures, tellAnomalies, tenantsInNeed, writeJudged, type JudgedSeries, type WatchedSeries, type WatchFigures } from './series-watch-store.ts'
import { newWatch } from './watch-hour.ts'

export interface SeriesWatcherOptions {
  readonly database: Database
  readonly bus: Pick<Bus, 'publish'>
  tenants(): readonly string[]
  readonly forecastFor: ForecastFor
  /** Of which hours all is counted that had come by when they were due. */
  readonly counting: CountedHours
  /** How long after its end an hour is judged: events come late. */
  readonly latenessMs: number
  readonly intervalMs: number
  readonly leaseMs: number
  nowMs(): number
  /** A tenant's anomalies were told. */
  onTold?(tenantId: string, anomalies: number): void
  /** A series was so far behind that hours were left out. */
  onSkipped?(tenantId: string, series: string, hours: number): void
  /** A network failed: for this turn the tenant's series are judged by their hour of the week. */
  onForecastFailed?(tenantId: string, model: string, error: unknown): void
  /** How the watch stands after a turn, and which hour was due. */
  onFigures?(figures: readonly WatchFigures[], dueHour: number): void
  onFault(error: unknown): void
}

/** A model remembers so many weeks: hours further back than that teach it nothing. */
const behindHoursMax = weeksMax * hoursPerWeek
/** Of one series in a turn; the rest comes in the next one. */
const hoursPerTurn = 336
const seriesAtOnce = 16
const tenantsAtOnce = 200
const toldPerTurn = 100
/** Then a turn ends, and tells how the watch stands. */
const turnMsMax = 20_000
const slice = { sliceMs: 8, restShare: 1 }

/**
 * Judges every tenant's series once an hour is over: one process for all. Were there two for a moment, what one has written the other
 * leaves as it is.
 */
export function startSeriesWatcher(options: SeriesWatcherOptions) {
  const { database, tenants, counting, latenessMs, intervalMs, leaseMs, nowMs, onFigures, onFault } = options
  let forgottenHour = 0
  let firstTenant: string | undefined
  return leadTask({
    database,
    task: 'series-watcher',
    intervalMs,
    leaseMs,
    onFault,
    async work(signal) {
      const endMs = performance.now() + turnMsMax
      const dueHour = lastHourOver(nowMs(), latenessMs)
      const slices = workInSlices({ ...slice, nowMs: () => performance.now() })
      const all = tenants()
      const inNeed: string[] = []
      for (const some of batchesOf(all)) inNeed.push(...(await tenantsInNeed(database, some, dueHour)))
      // What is still on its way to being counted isn't missing. Anomalies are told meanwhile.
      const counted = await counting.look(dueHour, inNeed).catch(onFault)
      // Who wasn't reached before the turn was over comes first in the next.
      const first = Math.max(0, inNeed.findIndex((tenantId) => tenantId === firstTenant))
      firstTenant = undefined
      for (const tenantId of [...inNeed.slice(first), ...inNeed.slice(0, first)]) {
        if (signal.aborted) return
        if (performance.now() > endMs) {
          firstTenant = tenantId
          break
        }
        // One tenant's series that fail don't hold up the others'.
        await watchTenant(options, tenantId, Math.min(dueHour, counted?.get(tenantId) ?? -1), slices, signal).catch(onFault)
      }
      const figures: WatchFigures[] = []
      for (const some of batchesOf(all)) {
        if (signal.aborted) return
        if (dueHour > forgottenHour) await forgetSeries(database, some, dueHour)
        figures.push(...(await readWatchFigures(database, some)))
      }
      forgottenHour = dueHour
      onFigures?.(figures, dueHour)
    },
  })
}

function batchesOf(tenantIds: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(tenantIds.length / tenantsAtOnce) }, (_, batch) => tenantIds.slice(batch * tenantsAtOnce, (batch + 1) * tenantsAtOnce))
}

/** The last hour that is over, and has been for as long as events come late. */
export function lastHourOver(nowMs: number, latenessMs: number): number {
  return Math.floor((nowMs - latenessMs) / hourMs) - 1
}

async function watchTenant(options: SeriesWatcherOptions, tenantId: string, upToHour: number, slices: Slices, signal: AbortSignal): Promise<void> {
  const { database, bus, onTold } = options
  const forecasts = forecastsOfTurn(options, tenantId)
  const due = await database.transaction([tenantId], (sql) => dueSeries(sql, tenantId, upToHour, seriesPerTenantMax))
  for (let from = 0; from < due.length && !signal.aborted; from += seriesAtOnce) {
    await writeJudged(database, tenantId, await judgeSome(options, tenantId, due.slice(from, from + seriesAtOnce), upToHour, forecasts, slices))
  }
  const told = await tellAnomalies(database, bus, tenantId, toldPerTurn)
  if (told > 0) onTold?.(tenantId, told)
}

type TurnForecasts = Pick<HoursToJudge, 'onForecastFailed'> & { of(series: string): SeriesForecaster | undefined }

/** A tenant's network that has failed is asked no more in the same turn; in the next one it is asked about all that it missed. */
function forecastsOfTurn({ forecastFor, onForecastFailed }: SeriesWatcherOptions, tenantId: string): TurnForecasts {
  let hasFailed = false
  return {
    of: (series) => (hasFailed ? undefined : forecastFor(tenantId, series)),
    onForecastFailed({ model }, error) {
      hasFailed = true
      onForecastFailed?.(tenantId, model, error)
    },
  }
}

async function judgeSome(
  { database, onSkipped }: SeriesWatcherOptions,
  tenantId: string,
  some: readonly WatchedSeries[],
  upToHour: number,
  { of: forecasterOf, onForecastFailed }: TurnForecasts,
  slices: Slices,
): Promise<JudgedSeries[]> {
  const oldest = upToHour - behindHoursMax
  const first = Math.max(oldest, Math.min(...some.map(({ judgedHour }) => judgedHour))) + 1
  const names = some.map(({ series }) => series)
  const counts = await database.transaction([tenantId], (sql) => readSeriesCounts(sql, tenantId, names, first, upToHour + 1))
  slices.startAnew()
  const judged: JudgedSeries[] = []
  for (const { series, judgedHour: before, state } of some) {
    const from = Math.max(before, oldest) + 1
    if (from > before + 1) onSkipped?.(tenantId, series, from - before - 1)
    const last = Math.min(upToHour, from + hoursPerTurn - 1)
    const hours = await judgeHours({
      ...{ state: state ?? newWatch(from - 1), from, last, forecaster: forecasterOf(series), onForecastFailed },
      countOf: (hour) => counts.get(series)?.get(hour) ?? 0,
      breathe: () => slices.breathe(),
    })
    judged.push({ series, before, judgedHour: last, ...hours })
  }
  return judged
}
