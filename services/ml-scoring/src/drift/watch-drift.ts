import type { ModelName } from '@ott/contracts/model-configured'
import type { Bus } from '@ott/pipeline/bus'
import type { Database } from '@ott/postgres/database'
import type { ModelsInForce } from '../registry/model-directory.ts'
import type { ServableModel } from '../scoring/servable-model.ts'
import { leadTask } from '../lead-task.ts'
import { createTraining, listTrainings } from '../training/training-run-store.ts'
import { driftEvents } from './drift-event.ts'
import { keepReport, readLiveSpreads, readReports, readTrainsOnDrift } from './drift-store.ts'
import { judgeDrift, type DriftReport } from './judge-drift.ts'

export interface WatchDriftOptions {
  readonly database: Database
  readonly bus: Pick<Bus, 'publish'>
  tenants(): readonly string[]
  modelsOf(tenantId: string, model: ModelName): ModelsInForce<ServableModel>
  readonly intervalMs: number
  readonly leaseMs: number
  nowMs(): number
  onReport(tenantId: string, report: DriftReport): void
  onFault(error: unknown): void
}

/** Models whose reference is kept with them. */
export const watchedModels = ['risk-ensemble'] as const satisfies readonly ModelName[]

const dayMs = 86_400_000
/** Live rows of this many days up to today are compared: enough viewer-hours, and not what was long ago. */
const liveDays = 2
const keptDays = 90
const trainingDays = 30

/** Holds what champions meet against what they were trained on. One process does it for all; done twice it tells the same. */
export function watchDrift({ database, bus, tenants, modelsOf, intervalMs, leaseMs, nowMs, onReport, onFault }: WatchDriftOptions) {
  return leadTask({
    database,
    task: 'drift',
    intervalMs,
    leaseMs,
    onFault,
    async work(signal) {
      for (const tenantId of tenants()) {
        for (const model of watchedModels) {
          if (signal.aborted) return
          try {
            await check(tenantId, model)
          } catch (error) {
            // One tenant's drift that can't be told doesn't hold up the others'.
            onFault(error)
          }
        }
      }
    },
  })

  async function check(tenantId: string, model: ModelName): Promise<void> {
    const { champion } = modelsOf(tenantId, model)
    // A champion from before references were kept can't be compared with anything.
    if (champion?.servable.use !== 'detectors' || champion.servable.reference === undefined) return
    const now = new Date(nowMs())
    const fromDay = new Date(now.getTime() - (liveDays - 1) * dayMs).toISOString().slice(0, 10)
    const live = await readLiveSpreads(database, tenantId, model, champion.version, fromDay)
    if (live.size === 0) return
    const report: DriftReport = { model, version: champion.version, day: now.toISOString().slice(0, 10), checkedAt: now.toISOString(), columns: judgeDrift(champion.servable.reference, live) }
    const [before] = await readReports(database, tenantId, model, 1)
    onReport(tenantId, report)
    const known = before?.day === report.day && before.version === report.version ? told(before) : new Set<string>()
    const news = { ...report, columns: report.columns.map((column) => ({ ...column, drifts: column.drifts.filter(({ measure }) => !known.has(`${column.feature} ${measure}`)) })) }
    const events = driftEvents(tenantId, news)
    if (events.length > 0) await bus.publish(events)
    // Kept last: what could not be told is told at the next look, under the same ids.
    await keepReport(database, tenantId, report, keptDays)
    if (told(report).size > 0 && (await readTrainsOnDrift(database, tenantId, model))) await trainOnce(tenantId, model, now)
  }

  /** At most once a day, and none while another waits. */
  async function trainOnce(tenantId: string, model: string, now: Date): Promise<void> {
    const latest = await listTrainings(database, tenantId, model, { limit: 20, after: undefined })
    const isUnderWay = latest.some(({ status }) => status === 'queued' || status === 'running')
    const wasToday = latest.some(({ requestedBy, createdAt }) => requestedBy === 'drift' && now.getTime() - createdAt.getTime() < dayMs)
    if (isUnderWay || wasToday) return
    await createTraining(database, { tenantId, model, requestedBy: 'drift', seed: 1, from: new Date(now.getTime() - trainingDays * dayMs), to: now })
  }
}

function told({ columns }: DriftReport): Set<string> {
  return new Set(columns.flatMap(({ feature, drifts }) => drifts.map(({ measure }) => `${feature} ${measure}`)))
}
