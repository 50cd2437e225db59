import { priorBaseline, type Baseline } from '@ott/anomaly/baseline'
import type { RiskProfile } from '@ott/anomaly/risk-profile'
import { eventAssessed, type EventAssessed } from '@ott/contracts/event-assessed'
import { eventScored } from '@ott/contracts/event-scored'
import { defineStage, readerOf, type Received } from '@ott/pipeline/define-stage'
import { emit, emitOf, type Decision } from '@ott/pipeline/outcome'
import { beginBatch, changeBaseline, changeProfile, createPartitionProfiles, profileInWork, takeUp, type PartitionProfiles } from './partition-profiles.ts'
import type { ProfileStore } from './profile-store.ts'
import { statisticalModel, type RiskModel } from './risk-model.ts'

/** What is known before an event is scored: of its viewer, and of what is normal for its tenant. */
export interface KnownRisk {
  readonly profile: RiskProfile | undefined
  readonly baseline: Baseline
}

/** What is known after it. */
export interface LearnedRisk extends KnownRisk {
  readonly profile: RiskProfile
}

/** Scores one assessed event. Pure: the same event, profile and baseline give the same score. */
export function scoreEvent({ event: assessed }: Received<EventAssessed>, { profile, baseline }: KnownRisk, model: RiskModel = statisticalModel): Decision<never, LearnedRisk> {
  const { event, receivedAt, ruleSetVersion, findings, screening } = assessed.data
  const judged = model.judge(profile, baseline, event, findings.length)
  return emit([emitOf(eventScored, { event, receivedAt, ruleSetVersion, findings, risk: judged.risk, ...(screening === undefined ? {} : { screening }) })], [], {
    profile: judged.profile,
    baseline: judged.baseline,
  })
}

/** assessed → scored, remembering every viewer's windows. */
export function scoringStage(store: ProfileStore, model: RiskModel = statisticalModel) {
  return defineStage({
    name: 'ml-scoring',
    read: readerOf(eventAssessed),
    produces: [eventScored],
    needsNoTransaction: true,
    memory: store,
    async load(batch: readonly Received<EventAssessed>[], _tx, memory = createPartitionProfiles({ topic: eventAssessed.topic, partition: -1, owner: 'none' })) {
      const missing = beginBatch(memory, batch)
      if (missing.length > 0) takeUp(memory, await store.fetch(memory.holding, missing))
      return memory
    },
    recall: (memory: PartitionProfiles, viewer): KnownRisk => ({
      profile: profileInWork(memory, viewer),
      baseline: memory.baselines.get(viewer.tenantId) ?? priorBaseline,
    }),
    decide: (received: Received<EventAssessed>, known: KnownRisk): Decision<never, KnownRisk> => scoreEvent(received, known, model),
    remember(memory: PartitionProfiles, { tenantId, subject }, { profile, baseline }: KnownRisk) {
      if (profile !== undefined) changeProfile(memory, { tenantId, subject, profile })
      changeBaseline(memory, tenantId, baseline)
    },
  })
}
