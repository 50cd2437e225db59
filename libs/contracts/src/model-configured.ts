import { z } from 'zod'
import { defineEvent, tenantId, type EventOf } from './define-event.ts'

/**
 * The models a tenant may have, by what they are for: the risk of an event, the risk in a viewer's latest sequence of events, and what is
 * unusual in the tenant's series. A closed list, so that a name may be the label of a metric.
 */
export const modelNames = ['risk-ensemble', 'sequence-risk', 'seasonal'] as const
export type ModelName = (typeof modelNames)[number]

/** Versions that are served: the champion decides, challengers score the same events beside it and nothing of theirs counts. */
export const servedModelStatuses = ['champion', 'challenger'] as const

/** Versions of one model that score beside its champion. */
export const challengersMax = 4

const servedVersion = z.looseObject({
  /** Counts the model's versions from 1. */
  version: z.number().int().min(1),
  status: z.enum(servedModelStatuses),
  /** Which loader makes a model of the artefact's bytes. */
  kind: z.string().min(1).max(64),
  /** SHA-256 of the artefact, which is also its address in the store. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.number().int().min(1),
  /** What the loader needs to know beside the bytes. */
  metadata: z.record(z.string(), z.unknown()),
  /** Measured when it was trained. */
  metrics: z.record(z.string(), z.number()),
})

/**
 * What a tenant's model is served by. One record holds the champion and its challengers, and the topic is compacted by tenant and model: a
 * reader goes from one whole state to the next, whatever of the past was compacted away.
 */
export const modelConfigured = defineEvent({
  type: 'com.ott.model.configured.v1',
  topic: 'config.models.v1',
  owner: 'ml-scoring',
  description: "The versions a tenant's model is served by: its champion, and the challengers beside it.",
  data: z.looseObject({
    tenantId,
    model: z.enum(modelNames),
    /** Grows with every change of what is served; a record of a lower one is outdated. */
    sequence: z.number().int().min(1),
    /** Empty: none. At most one champion. */
    served: z.array(servedVersion).max(challengersMax + 1),
  }),
})
export type ModelConfigured = EventOf<typeof modelConfigured>
export type ModelConfiguration = ModelConfigured['data']
export type ServedVersion = ModelConfiguration['served'][number]
