import { priorBaseline, type Baseline } from '@ott/anomaly/baseline'
import { judgeRisk } from '@ott/anomaly/judge-risk'
import { experienceOf, windowedFactorsOf, type RiskProfile } from '@ott/anomaly/risk-profile'
import { riskWithModels, type LearnedDetectors } from '@ott/anomaly/risk-with-models'
import { eventAssessed, type EventAssessed } from '@ott/contracts/event-assessed'
import { eventScored } from '@ott/contracts/event-scored'
import { defineStage, readerOf, type Received } from '@ott/pipeline/define-stage'
import { emit, emitOf, type Decision } from '@ott/pipeline/outcome'
import { beginBatch, changeBaseline, changeProfile, createPartitionProfiles, profileInWork, takeUp, type PartitionProfiles } from './partition-profiles.ts'
import type { ProfileStore } from './profile-store.ts'
import { nothingLearned, type EventModels } from './scoring/event-models.ts'
import type { BatchModels, LearnedModelsInForce } from './scoring/learned-models.ts'
import { tallyEvent } from './series/series-tally.ts'

/** What is known before an event is scored: of its viewer, of what is normal for its tenant, and what was learned for it. */
export interface KnownRisk {
  readonly profile: RiskProfile | undefined
  readonly baseline: Baseline
  readonly models: EventModels
}

/** What is known after it. */
export interface LearnedRisk extends KnownRisk {
  readonly profile: RiskProfile
  /** What challengers said beside the champion. */
  readonly compared: readonly { readonly challenger: string; readonly champion: number; readonly score: number }[]
  /** What the viewer's last active hour came to, when this event is of a later one. */
  readonly lesson: ScoredHour | undefined
}

/** An active hour of a viewer as models are trained on, with what the champion says of it. */
export interface ScoredHour {
  readonly row: Float64Array
  readonly score: number
  /** Event time of its last event, ms since the epoch. */
  readonly atMs: number
}

/** Scores one assessed event. Pure: the same event, profile, baseline and models give the same score. */
export function scoreEvent({ event: assessed }: Received<EventAssessed>, { profile, baseline, models }: KnownRisk): Decision<never, LearnedRisk> {
  const { event, receivedAt, ruleSetVersion, findings, screening } = assessed.data
  const judged = judgeRisk(profile, baseline, event, findings.length)
  const { detectors, challengers } = models
  const row = detectors === undefined ? noRow : windowedFactorsOf(judged.profile, Date.parse(event.time))
  const risk = riskWithModels(judged.risk, row, experienceOf(judged.profile).events, models)
  const champion = challengers.length === 0 ? undefined : risk.models?.find(({ model }) => model === 'risk-ensemble')?.score
  return emit([emitOf(eventScored, { event, receivedAt, ruleSetVersion, findings, risk, ...(screening === undefined ? {} : { screening }) })], [], {
    profile: judged.profile,
    baseline: judged.baseline,
    models,
    lesson: detectors === undefined || profile === undefined || judged.profile.lessonHour === profile.lessonHour ? undefined : scoredHour(profile, detectors),
    compared: champion === undefined ? [] : challengers.map(({ version, scoreRow }) => ({ challenger: version, champion, score: scoreRow(row) })),
  })
}

function scoredHour(profile: RiskProfile, { scoreRow }: LearnedDetectors): ScoredHour {
  const row = windowedFactorsOf(profile, profile.clockMs)
  return { row, score: scoreRow(row), atMs: profile.clockMs }
}

const noRow = new Float64Array(0)

/** assessed → scored, remembering every viewer's windows and counting to the tenants' hourly series. @param learned the tenants' models; left out where there are none */
export function scoringStage(store: ProfileStore, learned?: LearnedModelsInForce) {
  const prepared = new WeakMap<PartitionProfiles, BatchModels>()
  return defineStage({
    name: 'ml-scoring',
    read: readerOf(eventAssessed),
    produces: [eventScored],
    needsNoTransaction: true,
    memory: store,
    async load(batch: readonly Received<EventAssessed>[], _tx, memory = createPartitionProfiles({ topic: eventAssessed.topic, partition: -1, owner: 'none' })) {
      const missing = beginBatch(memory, batch)
      if (missing.length > 0) takeUp(memory, await store.fetch(memory.holding, missing))
      if (learned !== undefined) prepared.set(memory, await learned.prepare(batch, { profileOf: (viewer) => profileInWork(memory, viewer), references: memory.references }))
      return memory
    },
    recall: (memory: PartitionProfiles, received): KnownRisk => ({
      profile: profileInWork(memory, received),
      baseline: memory.baselines.get(received.tenantId) ?? priorBaseline,
      models: prepared.get(memory)?.of(received) ?? nothingLearned,
    }),
    decide: (received: Received<EventAssessed>, known: KnownRisk): Decision<never, KnownRisk> => scoreEvent(received, known),
    remember(memory: PartitionProfiles, received, state: KnownRisk & Partial<LearnedRisk>) {
      const { tenantId, subject } = received
      tallyEvent(memory.series, tenantId, received.event.data.event, received.event.data.receivedAt)
      const { profile, baseline, models, compared = [], lesson } = state
      if (profile !== undefined) changeProfile(memory, { tenantId, subject, profile })
      changeBaseline(memory, tenantId, baseline)
      if (models.detectors !== undefined) learned?.scored(received, models.detectors.version, memory.references, lesson)
      if (compared.length > 0 && models.detectors !== undefined) learned?.compare(received, models.detectors.version, compared)
    },
  })
}
