import { createHash } from 'node:crypto'
import type { Database } from '@ott/postgres/database'
import { leadTask } from '../lead-task.ts'
import { dueSchedules, takeTurn, type TrainingSchedule } from './schedule-store.ts'
import { turnAfter } from './turn-of-schedule.ts'

export interface TrainingSchedulerOptions {
  readonly database: Database
  tenants(): readonly string[]
  readonly intervalMs: number
  readonly leaseMs: number
  nowMs(): number
  /** A turn was queued. */
  onTurn(schedule: TrainingSchedule): void
  onFault(error: unknown): void
}

const perLook = 100

/**
 * Queues trainings when their turn comes. One process does it; were there two for a moment, each turn would still be queued once. Turns that were missed
 * while nobody looked come as one.
 */
export function startTrainingScheduler({ database, tenants, intervalMs, leaseMs, nowMs, onTurn, onFault }: TrainingSchedulerOptions) {
  return leadTask({
    database,
    task: 'training-scheduler',
    intervalMs,
    leaseMs,
    onFault,
    async work(signal) {
      const now = new Date(nowMs())
      for (const schedule of await dueSchedules(database, tenants(), now, perLook)) {
        if (signal.aborted) return
        try {
          const following = turnAfter(schedule.cron, schedule.timeZone, now)
          if (await takeTurn(database, schedule, following, seedOfTurn(schedule))) onTurn(schedule)
        } catch (error) {
          // One tenant's schedule that fails doesn't hold up the others'.
          onFault(error)
        }
      }
    },
  })
}

/** Another one for each turn, the same for the same. */
export function seedOfTurn({ tenantId, model, nextAt }: Pick<TrainingSchedule, 'tenantId' | 'model' | 'nextAt'>): number {
  return createHash('sha256').update(`${tenantId} ${model} ${nextAt.toISOString()}`).digest().readInt32BE() >>> 1
}
