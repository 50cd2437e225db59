import { sequenceFeatureNames, sequenceFeatures, sequenceSteps, timesOfSequence, windowOfSequence, type EventSequence, type SequenceFeatureName } from '@ott/anomaly/event-sequence'
import { attentionByEvent, attentionByHead, attentionRollout, presentSteps, type Attention } from '@ott/neural/transformer/attention-map'
import { viewerTransformer } from '@ott/neural/transformer/transformer-shape'

/** What the network reads of an event that says most of it. The event's own type isn't kept of a viewer. */
export type SequencedKind = 'error' | 'consentChange' | 'signInFailure' | 'signIn' | 'dataAccess' | 'other'

/** One of a viewer's latest events, and how much the network looked at it. */
export interface AttendedEvent {
  /** RFC 3339. */
  readonly at: string
  readonly kind: SequencedKind
  /** As the network reads it; see event-sequence.ts. */
  readonly features: Readonly<Record<SequenceFeatureName, number>>
  /** Through all layers; 1 over all events. */
  readonly rollout: number
  /** Of each layer, heads and looking events averaged; 1 over all events. */
  readonly byLayer: readonly number[]
}

/** How much the network relies on a feature, by permutation, when it was trained. */
export interface KnownImportance {
  readonly feature: SequenceFeatureName
  readonly mean: number
}

export interface SequenceAttention {
  /** Oldest first. */
  readonly events: readonly AttendedEvent[]
  /** By layer, head, event that looks and event that is looked at; rows sum to 1. */
  readonly attention: readonly (readonly (readonly (readonly number[])[])[])[]
}

/** Goes with every map: what a picture of attention doesn't say. */
export const attentionNote =
  'Attention shows where the network looked, not why it said so: other weights can give the same risk (Jain & Wallace 2019). What the network relies on is what permutation importance tells.'

/** What was looked at among a viewer's latest events. @param attention of the window of the sequence, as the network gives it */
export function attentionOfSequence(sequence: EventSequence, attention: Attention): SequenceAttention {
  const window = windowOfSequence(sequence)
  const present = presentSteps(window, viewerTransformer)
  const times = timesOfSequence(sequence)
  const first = sequenceSteps - times.length
  const rollout = attentionRollout(attention, viewerTransformer, present)
  const byLayer = attentionByEvent(attention, viewerTransformer, present)
  return {
    events: times.map((atMs, event): AttendedEvent => {
      const step = first + event
      const read = window.subarray(step * sequenceFeatures, (step + 1) * sequenceFeatures)
      const features = Object.fromEntries(sequenceFeatureNames.map((name, column) => [name, rounded(read[column]!)])) as Record<SequenceFeatureName, number>
      return { at: new Date(atMs).toISOString(), kind: kindOf(features), features, rollout: rounded(rollout[step]!), byLayer: byLayer.map((layer) => rounded(layer[step]!)) }
    }),
    attention: attentionByHead(attention, viewerTransformer, present).map((heads) => heads.map((looks) => looks.map((row) => row.map(rounded)))),
  }
}

/** What was measured when the model was trained; empty for a model that came without. */
export function importanceOf(metrics: Readonly<Record<string, unknown>>): KnownImportance[] {
  return sequenceFeatureNames
    .flatMap((feature) => {
      const mean = metrics[`importance.${feature}`]
      return typeof mean === 'number' ? { feature, mean } : []
    })
    .sort((left, right) => right.mean - left.mean)
}

function kindOf({ disturbance, signIn, records }: Readonly<Record<SequenceFeatureName, number>>): SequencedKind {
  if (disturbance !== 0) return disturbance > 0 ? 'error' : 'consentChange'
  if (signIn !== 0) return signIn > 0 ? 'signInFailure' : 'signIn'
  return records > 0 ? 'dataAccess' : 'other'
}

/** More digits than float32 has are noise. */
function rounded(value: number): number {
  return Math.round(value * 1e7) / 1e7
}
