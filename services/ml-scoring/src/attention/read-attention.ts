import { windowOfSequence } from '@ott/anomaly/event-sequence'
import type { RiskProfile } from '@ott/anomaly/risk-profile'
import type { ModelName } from '@ott/contracts/model-configured'
import type { Database } from '@ott/postgres/database'
import type { ModelsInForce } from '../registry/model-directory.ts'
import type { ServableModel } from '../scoring/servable-model.ts'
import { attentionNote, attentionOfSequence, importanceOf, type KnownImportance, type SequenceAttention } from './sequence-attention.ts'

/** How a tenant's encoder looked at a viewer's latest events, as of the last snapshot of its profile, with what it said. */
export interface ShownAttention extends SequenceAttention {
  /** `sequence-risk.3`. */
  readonly modelVersion: string
  /** What the encoder says of these events, 0 to 1; the viewer's risk has more in it. */
  readonly risk: number
  /** The most important first. */
  readonly importance: readonly KnownImportance[]
  readonly note: string
  /** When the profile was written, RFC 3339; null when that was before times were kept. */
  readonly asOf: string | null
}

export interface AttentionSource {
  readonly database: Database
  /** What this process serves. */
  modelsOf(tenantId: string, model: ModelName): ModelsInForce<ServableModel>
}

/** Attention by viewer; those who aren't known are left out, and all of them when the tenant has no encoder in force. */
export async function readAttention({ database, modelsOf }: AttentionSource, tenantId: string, subjects: readonly string[]): Promise<Map<string, ShownAttention>> {
  const champion = modelsOf(tenantId, 'sequence-risk').champion
  if (champion?.servable.use !== 'encoder') return new Map()
  const { servable: encoder, version, metrics } = champion
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<{ subject: string; recent: RiskProfile['recent'] | null; snapshot_at: Date | null }>(
      "select subject, profile->>'recent' as recent, snapshot_at from ml_scoring.subject_profiles where tenant_id = $1 and subject = any($2::text[])",
      [tenantId, subjects],
    ),
  )
  const found = new Map<string, ShownAttention>()
  for (const { subject, recent, snapshot_at: snapshotAt } of rows) {
    // Written before sequences were kept: nothing was looked at.
    if (recent === null || recent === undefined || recent === '') continue
    const window = windowOfSequence(recent)
    const [risk] = await encoder.risksOf(window, 1)
    const shown = attentionOfSequence(recent, await encoder.attentionOf(window))
    found.set(subject, { modelVersion: `sequence-risk.${version}`, risk: risk!, ...shown, importance: importanceOf(metrics), note: attentionNote, asOf: snapshotAt === null ? null : snapshotAt.toISOString() })
  }
  return found
}
