import { z } from 'zod'

/** candidate → challenger → champion → retired; challenger may be left out, and a retired one may come back. */
export const modelVersionStatuses = ['candidate', 'challenger', 'champion', 'retired'] as const
export type ModelVersionStatus = (typeof modelVersionStatuses)[number]

/** What callers do to versions. Rolling back is done to a model. */
export const modelVersionActions = ['challenge', 'promote', 'retire'] as const
export type ModelVersionAction = (typeof modelVersionActions)[number]

/** How a version is told from another of the same model: by one of its metrics, measured on data kept from its training. */
const validation = z.strictObject({
  /** Names one of the metrics. */
  metric: z.string().min(1).max(64),
  better: z.enum(['higher', 'lower']),
  /** With a worse value it isn't promoted, be there a champion or not: it would be no better than chance. */
  worst: z.number().optional(),
})

/** What a version was trained from, and how well it does. Whoever trains fills it in; it is kept as it is. */
export const trainingRecord = z.strictObject({
  /** SHA-256 of the stored events it was trained from, in hex. */
  dataSha256: z.string().regex(/^[0-9a-f]{64}$/),
  seed: z.number().int(),
  codeVersion: z.string().min(1).max(128),
  /** The run that made it, where there was one. */
  runId: z.string().max(64).optional(),
  metrics: z.record(z.string().min(1).max(64), z.number()).refine((metrics) => Object.keys(metrics).length <= 64, 'must hold at most 64 metrics'),
  /** Absent where it was not validated: then only force promotes it. */
  validation: validation.optional(),
})
export type TrainingRecord = z.infer<typeof trainingRecord>

/** A version as it is kept. All but its status is as it was registered. */
export interface ModelVersion {
  readonly model: string
  readonly version: number
  readonly status: ModelVersionStatus
  readonly kind: string
  readonly sha256: string
  readonly sizeBytes: number
  readonly metadata: Readonly<Record<string, unknown>>
  readonly training: TrainingRecord
  readonly createdAt: Date
  readonly createdBy: string
  readonly changedAt: Date
}

/** One entry of a model's history. */
export interface ModelTransition {
  readonly sequence: number
  readonly version: number
  readonly at: Date
  readonly by: string
  readonly action: 'register' | ModelVersionAction | 'supersede' | 'rollback'
  readonly from: ModelVersionStatus | null
  readonly to: ModelVersionStatus
  readonly reason: string | null
  readonly forced: boolean
  readonly gate: GateFigures | null
}

/** What the gate held against what. */
export interface GateFigures {
  readonly metric: string
  readonly better: 'higher' | 'lower'
  readonly candidate: number | null
  /** Null where the champion has no such metric, or there is none. */
  readonly champion: number | null
  readonly championVersion: number | null
  readonly tolerance: number
}
