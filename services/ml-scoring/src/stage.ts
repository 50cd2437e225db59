import { priorBaseline, type Baseline } from '@ott/anomaly/baseline'
import { judgeRisk } from '@ott/anomaly/judge-risk'
import type { RiskProfile } from '@ott/anomaly/risk-profile'
import { eventAssessed, type EventAssessed } from '@ott/contracts/event-assessed'
import { eventScored } from '@ott/contracts/event-scored'
import { defineStage, readerOf, type Received } from '@ott/pipeline/define-stage'
import { emit, emitOf, type Decision } from '@ott/pipeline/outcome'
import { createPartitionProfiles, forgetUnused, type PartitionProfiles } from './partition-profiles.ts'
import type { ProfileStore } from './profile-store.ts'

/** What is known before an event is scored: of its viewer, and of what is normal for its tenant. */
export interface KnownRisk {
  readonly profile: RiskProfile | undefined
  readonly baseline: Baseline
}

/** Scores one assessed event. Pure: the same event, profile and baseline give the same score. */
export function scoreEvent({ event: assessed }: Received<EventAssessed>, { profile, baseline }: KnownRisk): Decision<never, KnownRisk> {
  const { event, receivedAt, ruleSetVersion, findings, screening } = assessed.data
  const judged = judgeRisk(profile, baseline, event, findings.length)
  return emit([emitOf(eventScored, { event, receivedAt, ruleSetVersion, findings, risk: judged.risk, ...(screening === undefined ? {} : { screening }) })], [], {
    profile: judged.profile,
    baseline: judged.baseline,
  })
}

/** assessed → scored, remembering every viewer's windows. */
export function scoringStage(store: ProfileStore) {
  return defineStage({
    name: 'ml-scoring',
    read: readerOf(eventAssessed),
    produces: [eventScored],
    needsNoTransaction: true,
    memory: store,
    async load(batch: readonly Received<EventAssessed>[], _tx, memory = createPartitionProfiles('none')) {
      forgetUnused(memory)
      const wanted = new Map<string, { tenantId: string; subject: string }>()
      for (const { tenantId, subject } of batch) {
        const key = `${tenantId}:${subject}`
        if (!memory.profiles.has(key)) wanted.set(key, { tenantId, subject })
      }
      if (wanted.size > 0) {
        for (const held of await store.fetch([...wanted.values()])) memory.profiles.set(`${held.tenantId}:${held.subject}`, held)
      }
      return memory
    },
    recall: (memory: PartitionProfiles, { tenantId, subject }): KnownRisk => ({
      profile: memory.profiles.get(`${tenantId}:${subject}`)?.profile,
      baseline: memory.baselines.get(tenantId) ?? priorBaseline,
    }),
    decide: (received: Received<EventAssessed>, known: KnownRisk) => scoreEvent(received, known),
    remember(memory: PartitionProfiles, { tenantId, subject }, { profile, baseline }: KnownRisk) {
      const key = `${tenantId}:${subject}`
      // Deleting first moves the viewer to the end: the map's order is the order of use.
      memory.profiles.delete(key)
      memory.profiles.set(key, { tenantId, subject, profile })
      memory.changedProfiles.add(key)
      if (memory.baselines.get(tenantId) !== baseline) {
        memory.baselines.set(tenantId, baseline)
        memory.changedBaselines.add(tenantId)
      }
    },
  })
}
