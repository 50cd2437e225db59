import type { ModelName } from '@ott/contracts/model-configured'
import type { Bus } from '@ott/pipeline/bus'
import type { Database } from '@ott/postgres/database'
import type { ServedModel } from '../registry/model-directory.ts'
import type { ServableModel } from '../scoring/servable-model.ts'
import type { TrainingRun } from '../training/training-run-store.ts'
import { comparedDays } from './compared-days.ts'
import { driftEvents } from './drift-event.ts'
import { keepReport, readReports, type DriftReport } from './drift-report-store.ts'
import { limitsOf, readDriftSettings } from './drift-settings-store.ts'
import { judgeDrift } from './judge-drift.ts'
import { readLiveSpreads } from './spread-store.ts'
import { trainOnDrift } from './train-on-drift.ts'
import { untoldDrifts } from './untold-drifts.ts'

export interface CheckDriftOptions {
  readonly database: Database
  readonly bus: Pick<Bus, 'publish'>
  onTraining(run: TrainingRun): void
}

/**
 * Holds what a champion met against what it was trained on: tells what is news, queues a training where the tenant wants one, and keeps the report. Done by two
 * at once, or again after a crash, it tells the same: events have derived ids, and a day has one training.
 */
export async function checkDrift(tenantId: string, model: ModelName, champion: Pick<ServedModel<ServableModel>, 'version' | 'servable'>, now: Date, { database, bus, onTraining }: CheckDriftOptions): Promise<DriftReport> {
  const { version, servable } = champion
  const days = comparedDays(now.getTime())
  const live = await readLiveSpreads(database, tenantId, model, version, days)
  const settings = await readDriftSettings(database, tenantId, model)
  const judged = judgeDrift(servable.use === 'detectors' ? servable.reference : undefined, live, limitsOf(settings))
  const [latest] = await readReports(database, tenantId, model, 1)
  const before = latest?.version === version ? latest : undefined
  const since = before?.outcome === judged.outcome ? before.since : now
  const report: DriftReport = { model, version, checkedAt: now, since, fromDay: days.from, toDay: days.to, ...judged }
  const { untold, told } = untoldDrifts(judged.columns, days.to, before?.told)
  if (untold.length > 0) await bus.publish(driftEvents(tenantId, report, untold))
  if (judged.outcome === 'drifted') {
    const run = await trainOnDrift(database, tenantId, model, now)
    if (run !== undefined) onTraining(run)
  }
  // Kept last: what could not be told is told at the next check, under the same ids.
  await keepReport(database, tenantId, { ...report, told })
  return report
}
