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
import type { ServableDetectors, ServableEncoder, ServableModel } from './servable-model.ts'

/** What each event of a batch is scored with. A swap of models while the batch is in work changes nothing in it. */
export interface BatchModels {
  of(received: Received<EventAssessed>): EventModels
}

/** The tenants' models, where they score. */
export interface LearnedModelsInForce {
  /** Before anything of a batch is decided. Networks are asked once for all of it. @param profileOf as of before the batch */
  prepare(batch: readonly Received<EventAssessed>[], profileOf: (viewer: Received<EventAssessed>) => RiskProfile | undefined): Promise<BatchModels>
  /** What challengers would have said of an event beside the champion. */
  compare(received: Received<EventAssessed>, champion: string, scores: readonly { readonly challenger: string; readonly champion: number; readonly score: number }[]): void
  /** An active hour of a viewer, with what the champion says of it: for telling later whether viewers are still like those it was trained on. */
  taught(received: Received<EventAssessed>, champion: string, hour: { readonly row: Float64Array; readonly score: number; readonly atMs: number }): void
  /** The risk a viewer shows as of its latest event. */
  riskOf(tenantId: string, profile: RiskProfile, baseline: Baseline): Promise<Risk>
}

export interface LearnedModelsOptions {
  modelsOf(tenantId: string, model: ModelName): ModelsInForce<ServableModel>
  readonly comparisons: Pick<ShadowComparisons, 'add'>
  readonly spreads: Pick<LiveSpreads, 'add'>
  /** From which on a score of the tenant raises a violation. */
  thresholdOf(tenantId: string): number
}

interface TenantModels {
  readonly detectors: LearnedDetectors | undefined
  readonly challengers: readonly LearnedDetectors[]
  readonly encoder: ServedModel<ServableEncoder> | undefined
  readonly encoderChallengers: readonly ServedModel<ServableEncoder>[]
}

const windowLength = sequenceSteps * sequenceFeatures

export function openLearnedModels({ modelsOf, comparisons, spreads, thresholdOf }: LearnedModelsOptions): LearnedModelsInForce {
  const servedTo = (tenantId: string): TenantModels => {
    const ensemble = modelsOf(tenantId, 'risk-ensemble')
    const sequence = modelsOf(tenantId, 'sequence-risk')
    return {
      detectors: ensemble.champion && detectorsOf(ensemble.champion),
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
    async prepare(batch, profileOf) {
      // What the batch before compared: counting costs the same for one pair as for hundreds.
      count()
      const tenants = new Map<string, TenantModels>()
      for (const { tenantId } of batch) if (!tenants.has(tenantId)) tenants.set(tenantId, servedTo(tenantId))
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
          const { detectors, challengers, encoder } = tenants.get(received.tenantId)!
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
    taught({ tenantId }, champion, { row, score, atMs }) {
      const served = modelsOf(tenantId, 'risk-ensemble').champion
      // Swapped since the batch began: the next hour counts for the new one.
      if (served?.servable.use !== 'detectors' || served.servable.reference === undefined || String(served.version) !== champion) return
      spreads.add({ tenantId, model: 'risk-ensemble', version: served.version }, served.servable.reference, row, score, atMs)
    },
    async riskOf(tenantId, profile, baseline) {
      const { detectors, encoder } = servedTo(tenantId)
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
