import type { Baseline } from '@ott/anomaly/baseline'
import { sequenceFeatures, sequenceSteps, windowOfSequence, writeWindow } from '@ott/anomaly/event-sequence'
import { riskOf } from '@ott/anomaly/judge-risk'
import { observationOf } from '@ott/anomaly/observation'
import { experienceOf, traceAfter, windowedFactorsOf, type RiskProfile, type Trace } from '@ott/anomaly/risk-profile'
import { riskWithModels, type LearnedDetectors } from '@ott/anomaly/risk-with-models'
import type { EventAssessed } from '@ott/contracts/event-assessed'
import type { Risk } from '@ott/contracts/event-scored'
import type { ModelName } from '@ott/contracts/model-configured'
import type { Received } from '@ott/pipeline/define-stage'
import type { LiveSpreads } from '../drift/live-spreads.ts'
import type { ScoredPair } from '../registry/compare-scores.ts'
import type { ComparedVersions } from '../registry/comparison-store.ts'
import type { ModelsInForce, ServedModel } from '../registry/model-directory.ts'
import type { ShadowComparisons } from '../registry/shadow-comparisons.ts'
import type { EventModels } from './event-models.ts'
import { isFollowed, type FollowedChampion } from './fit-moved.ts'
import type { ReferenceFollower } from './follow-references.ts'
import type { ReferenceStanding } from './reference-store.ts'
import type { ReferenceWindows } from './reference-windows.ts'
import type { ShownReferences } from './shown-references.ts'
import type { ServableDetectors, ServableEncoder, ServableModel } from './servable-model.ts'

/** What each event of a batch is scored with. A swap of models while the batch is in work changes nothing in it. */
export interface BatchModels {
  of(received: Received<EventAssessed>): EventModels
}

/** What a partition remembers that bears on its models. */
export interface PartitionState {
  /** As of before the batch. */
  profileOf(viewer: Received<EventAssessed>): RiskProfile | undefined
  readonly references: ReferenceWindows
}

/** The tenants' models, where they score. */
export interface LearnedModelsInForce {
  /** Before anything of a batch is decided. Networks are asked once for all of it. */
  prepare(batch: readonly Received<EventAssessed>[], partition: PartitionState): Promise<BatchModels>
  /** What challengers would have said of an event beside the champion. */
  compare(received: Received<EventAssessed>, champion: string, scores: readonly { readonly challenger: string; readonly champion: number; readonly score: number }[]): void
  /**
   * An event was scored. Its viewer's last active hour, when that is over, tells later whether viewers are still like those the champion was trained on,
   * and may come into what the champion compares with.
   */
  scored(received: Received<EventAssessed>, champion: string, references: ReferenceWindows, hour: { readonly row: Float64Array; readonly score: number; readonly atMs: number } | undefined): void
  /** The risk a viewer shows as of its latest event. @param standing how far the champion's reference has moved in the viewer's partition */
  riskOf(tenantId: string, profile: RiskProfile, baseline: Baseline, standing?: ReferenceStanding): Promise<Risk>
}

export interface LearnedModelsOptions {
  modelsOf(tenantId: string, model: ModelName): ModelsInForce<ServableModel>
  readonly comparisons: Pick<ShadowComparisons, 'add'>
  readonly spreads: Pick<LiveSpreads, 'add'>
  readonly follower: ReferenceFollower
  readonly shown: ShownReferences
  /** From which on a score of the tenant raises a violation. */
  thresholdOf(tenantId: string): number
}

interface TenantModels {
  readonly detectors: LearnedDetectors | undefined
  /** The same champion, when its reference moves. */
  readonly followed: FollowedChampion | undefined
  readonly challengers: readonly LearnedDetectors[]
  readonly encoder: ServedModel<ServableEncoder> | undefined
  readonly encoderChallengers: readonly ServedModel<ServableEncoder>[]
}

const windowLength = sequenceSteps * sequenceFeatures

export function openLearnedModels({ modelsOf, comparisons, spreads, follower, shown, thresholdOf }: LearnedModelsOptions): LearnedModelsInForce {
  const servedTo = (tenantId: string): TenantModels => {
    const ensemble = modelsOf(tenantId, 'risk-ensemble')
    const sequence = modelsOf(tenantId, 'sequence-risk')
    return {
      detectors: ensemble.champion && detectorsOf(ensemble.champion),
      followed: isFollowed(ensemble.champion) ? ensemble.champion : undefined,
      challengers: ensemble.challengers.flatMap((each) => detectorsOf(each) ?? []),
      encoder: sequence.champion && encoderOf(sequence.champion),
      encoderChallengers: sequence.challengers.flatMap((each) => encoderOf(each) ?? []),
    }
  }

  const waiting = new Map<string, { readonly compared: ComparedVersions; readonly pairs: ScoredPair[] }>()
  const count = () => {
    for (const { compared, pairs } of waiting.values()) comparisons.add(compared, pairs, thresholdOf(compared.tenantId))
    waiting.clear()
  }

  return {
    async prepare(batch, { profileOf, references }) {
      // What the batch before compared: counting costs the same for one pair as for hundreds.
      count()
      const tenants = new Map<string, TenantModels>()
      for (const { tenantId } of batch) if (!tenants.has(tenantId)) tenants.set(tenantId, servedTo(tenantId))
      for (const [tenantId, { followed }] of tenants) if (followed !== undefined) await follower.ready(references, tenantId, followed)
      const contexts = new Map<Received<EventAssessed>, number>()
      for (const [tenantId, { encoder, encoderChallengers }] of tenants) {
        if (encoder === undefined) continue
        const own = batch.filter((received) => received.tenantId === tenantId)
        const windows = windowsOf(own, profileOf)
        const risks = await encoder.servable.risksOf(windows, own.length)
        for (const [index, received] of own.entries()) contexts.set(received, risks[index]!)
        for (const { version, servable } of encoderChallengers) {
          const said = await servable.risksOf(windows, own.length)
          const pairs = own.map(({ event }, index) => ({ eventId: event.data.event.id, champion: risks[index]!, challenger: said[index]! }))
          comparisons.add({ tenantId, model: 'sequence-risk', challenger: version, champion: encoder.version }, pairs, thresholdOf(tenantId))
        }
      }
      return {
        of(received) {
          const { detectors: fitted, followed, challengers, encoder } = tenants.get(received.tenantId)!
          const detectors = (followed && follower.detectorsOf(references, received.tenantId, followed)) ?? fitted
          const score = contexts.get(received)
          return { detectors, challengers, context: score === undefined || encoder === undefined ? undefined : { version: String(encoder.version), score } }
        },
      }
    },
    compare({ tenantId, event }, champion, scores) {
      for (const { challenger, champion: said, score } of scores) {
        const key = `${tenantId} ${champion} ${challenger}`
        const compared = { tenantId, model: 'risk-ensemble' as const, challenger: Number(challenger), champion: Number(champion) }
        const held = waiting.get(key) ?? { compared, pairs: [] }
        held.pairs.push({ eventId: event.data.event.id, champion: said, challenger: score })
        waiting.set(key, held)
      }
    },
    scored({ tenantId, event }, champion, references, hour) {
      const served = modelsOf(tenantId, 'risk-ensemble').champion
      // Swapped since the batch began: the next hour counts for the new one.
      if (served?.servable.use !== 'detectors' || String(served.version) !== champion) return
      if (isFollowed(served)) follower.passed(references, tenantId, served, Date.parse(event.data.receivedAt), hour)
      const { servable, version } = served
      // Against what it was trained on, so by how it was fitted.
      if (hour !== undefined && servable.reference !== undefined) spreads.add({ tenantId, model: 'risk-ensemble', version }, servable.reference, hour.row, servable.scoreRow(hour.row), hour.atMs)
    },
    async riskOf(tenantId, profile, baseline, standing) {
      const { detectors: fitted, followed, encoder } = servedTo(tenantId)
      const hasMoved = followed !== undefined && standing?.version === followed.version && standing.addedRows > 0
      const detectors = (hasMoved ? await shown.detectorsOf(tenantId, standing, followed) : undefined) ?? fitted
      const row = windowedFactorsOf(profile, profile.clockMs)
      const context = encoder === undefined || profile.recent === undefined ? undefined : { version: String(encoder.version), score: (await encoder.servable.risksOf(windowOfSequence(profile.recent), 1))[0]! }
      return riskWithModels(riskOf(profile, baseline), row, experienceOf(profile).events, { detectors, context })
    },
  }
}

/** The windows that end with each of a tenant's events, as the profiles will be when these are decided. */
function windowsOf(batch: readonly Received<EventAssessed>[], profileOf: (viewer: Received<EventAssessed>) => RiskProfile | undefined): Float32Array {
  const traces = new Map<string, Trace | undefined>()
  const windows = new Float32Array(batch.length * windowLength)
  for (const [index, received] of batch.entries()) {
    const { event, findings } = received.event.data
    const before = traces.has(received.subject) ? traces.get(received.subject) : profileOf(received)
    const atMs = Date.parse(event.time)
    // An event of no readable time becomes a dead letter when it is decided, and leaves no trace.
    if (!Number.isFinite(atMs)) continue
    const after = traceAfter(before, observationOf(event, findings.length), atMs)
    traces.set(received.subject, after)
    if (after.recent !== undefined) writeWindow(after.recent, windows, index * windowLength)
  }
  return windows
}

function detectorsOf({ version, servable }: ServedModel<ServableModel>): LearnedDetectors | undefined {
  if (servable.use !== 'detectors') return undefined
  const { isSupervised, scoreRow, attribute }: ServableDetectors = servable
  return { version: String(version), isSupervised, scoreRow, attribute }
}

function encoderOf(served: ServedModel<ServableModel>): ServedModel<ServableEncoder> | undefined {
  const { servable } = served
  return servable.use === 'encoder' ? { ...served, servable } : undefined
}
