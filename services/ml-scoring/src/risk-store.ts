import { priorBaseline, type Baseline } from '@ott/anomaly/baseline'
import { riskOf } from '@ott/anomaly/judge-risk'
import type { RiskProfile } from '@ott/anomaly/risk-profile'
import { eventAssessed } from '@ott/contracts/event-assessed'
import { recordKeyOf } from '@ott/contracts/define-event'
import type { Risk } from '@ott/contracts/event-scored'
import { partitionOfKey } from '@ott/kafka/key-partitioner'
import type { Database } from '@ott/postgres/database'

/** The risk shown after each of a tenant's processed events, by id, from what `violation` keeps of every decision. Of several the last one. */
export async function readEventRisks(database: Database, tenantId: string, eventIds: readonly string[]): Promise<Map<string, Risk>> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<{ event_id: string; risk: Risk }>(
      `select distinct on (event_id) event_id, risk from violation.processed_events
       where tenant_id = $1 and event_id = any($2::text[]) order by event_id, processed_at desc`,
      [tenantId, eventIds],
    ),
  )
  return new Map(rows.map(({ event_id, risk }) => [event_id, risk]))
}

/**
 * The risk of viewers as of the last snapshot of their profiles; those without a profile are left out. Each is measured
 * against what is normal in its own partition, as the stage does it.
 */
export async function readSubjectRisks(database: Database, tenantId: string, subjects: readonly string[], partitions: number): Promise<Map<string, Risk>> {
  const [profiles, baselines] = await database.transaction([tenantId], async (sql) => [
    await sql.query<{ subject: string; profile: RiskProfile }>('select subject, profile from ml_scoring.subject_profiles where tenant_id = $1 and subject = any($2::text[])', [tenantId, subjects]),
    await sql.query<{ partition: number; baseline: Baseline }>('select partition, baseline from ml_scoring.baselines where tenant_id = $1 and topic = $2', [tenantId, eventAssessed.topic]),
  ])
  const byPartition = new Map(baselines.map(({ partition, baseline }) => [partition, baseline]))
  return new Map(
    profiles.map(({ subject, profile }) => {
      const partition = partitionOfKey(recordKeyOf({ tenantid: tenantId, subject }), partitions)
      return [subject, riskOf(profile, byPartition.get(partition) ?? priorBaseline)]
    }),
  )
}
