import type { EventAssessed } from '@ott/contracts/event-assessed'
import type { Received } from '@ott/pipeline/define-stage'
import type { Database } from '@ott/postgres/database'
import { beginBatch, changeProfile } from '../src/partition-profiles.ts'
import { createProfileStore } from '../src/profile-store.ts'
import { scoringStage } from '../src/stage.ts'
import { createSubjectBudget } from '../src/subject-budget.ts'

const topic = 'events.assessed.v1'

/** Scores events in one batch as the stage does, and keeps what is remembered of their viewers. */
export async function keepScored(database: Database, tenantIds: readonly string[], events: readonly Received<EventAssessed>[]): Promise<void> {
  const store = createProfileStore({ database, tenantIds: () => tenantIds, snapshotIntervalMs: 1_000, budget: createSubjectBudget(10) })
  const { memory } = await store.restore(topic, 0)
  const stage = scoringStage(store)
  await stage.load(events, undefined, memory)
  for (const event of events) {
    const { state } = stage.decide(event, stage.recall(memory, event), memory)
    if (state?.profile !== undefined) changeProfile(memory, { tenantId: event.tenantId, subject: event.event.subject, profile: state.profile })
  }
  await store.snapshot(topic, 0, memory, { nextOffset: BigInt(events.length), sources: {} })
  beginBatch(memory, [])
}
