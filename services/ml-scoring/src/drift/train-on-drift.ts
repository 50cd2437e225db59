import type { Database } from '@ott/postgres/database'
import { hasTrainingUnderWay, queueTraining, type TrainingRun } from '../training/training-run-store.ts'
import { dayOf } from './compared-days.ts'
import { holdTrainingOfDay, spendTrainingOfDay } from './drift-settings-store.ts'

/** Trains on so many days up to the check, as a training for which nobody says otherwise. */
const periodMs = 30 * 86_400_000

/**
 * Queues a training of a model that has drifted, where its tenant asked for that: one a day at most, and none while another of the model waits or runs. One
 * transaction: of two that ask at once one queues it, and a crash leaves either a training and its day spent, or neither.
 * @returns undefined when none is queued; where too many others wait, the next check tries again
 */
export function trainOnDrift(database: Database, tenantId: string, model: string, now: Date): Promise<TrainingRun | undefined> {
  const day = dayOf(now.getTime())
  return database.transaction([tenantId], async (sql) => {
    if (!(await holdTrainingOfDay(sql, tenantId, model, day)) || (await hasTrainingUnderWay(sql, tenantId, model))) return undefined
    const run = await queueTraining(sql, { tenantId, model, requestedBy: 'drift', seed: 1, from: new Date(now.getTime() - periodMs), to: now })
    if (run !== undefined) spendTrainingOfDay(sql, tenantId, model, day)
    return run
  })
}
