import { z } from 'zod'
import { count, viewerEvent } from './viewer-circumstances.ts'

const name = z.string().regex(/^[a-z0-9][a-z0-9:._-]*$/, 'must be lower-case letters, digits and :._-').max(128)

/** What the platform notices about itself and about a tenant's whole traffic. The subject names a model or a series, not a viewer. */
export const operationEvents = {
  /** What a model sees, or what it says, has moved away from what it was trained on. */
  'com.ott.model.drifted.v1': viewerEvent({
    model: name,
    version: z.string().min(1).max(64),
    /** `psi`: population stability index; `ks`: Kolmogorov–Smirnov distance; of the scores or of one feature. */
    measure: z.enum(['psi', 'ks']),
    /** Absent: the scores. */
    feature: z.string().min(1).max(64).optional(),
    value: z.number().min(0),
    /** From this value on it counts as drift. */
    limit: z.number().min(0),
    /** Observations compared with those of the training. */
    observations: count,
  }),
  /** An hour of a series of counts that is unlike the same hour of other weeks, or unlike what was forecast. */
  'com.ott.series.anomalous.v1': viewerEvent({
    series: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 :._/-]*$/, 'must be letters, digits, spaces and :._/-').max(128),
    /** Hour of the first unlikely count, RFC 3339. */
    since: z.iso.datetime({ offset: true }),
    hours: count,
    count: z.number().int().min(0),
    expected: z.number().min(0),
    direction: z.enum(['above', 'below']),
    /** 0 to 1: how sure the model is that this is no chance. */
    likelihood: z.number().min(0).max(1),
    model: z.string().min(1).max(64),
  }),
} as const
