import { priorBaseline, type Baseline } from '@ott/anomaly/baseline'
import { factorWindows } from '@ott/anomaly/factor-windows'
import { experienceOf, windowedValuesOf, type Experience, type RiskProfile } from '@ott/anomaly/risk-profile'
import { eventAssessed } from '@ott/contracts/event-assessed'
import { recordKeyOf } from '@ott/contracts/define-event'
import { riskFactorNames, type Risk, type RiskFactorName } from '@ott/contracts/event-scored'
import { partitionOfKey } from '@ott/kafka/key-partitioner'
import type { Database } from '@ott/postgres/database'
import { standingsOf } from './scoring/reference-store.ts'
import type { LearnedModelsInForce } from './scoring/learned-models.ts'

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

/** How one factor of a viewer stands over an hour, a day and a week, in the factor's own unit. */
export interface FactorOverWindows {
  readonly name: RiskFactorName
  readonly hour: number
  readonly day: number
  readonly week: number
}

/** What is known of a viewer's risk as of the last snapshot of its profile. */
export interface SubjectRisk {
  readonly risk: Risk
  /** The six factors in the order of `riskFactorNames`. */
  readonly windows: readonly FactorOverWindows[]
  /** How much the risk rests on. */
  readonly seen: Experience
  /** Event time the viewer has reached: where its windows end. RFC 3339. */
  readonly latestEventAt: string
  /** When the profile was written, RFC 3339; null when that was before times were kept. */
  readonly asOf: string | null
}

/**
 * The risk of viewers as of the last snapshot of their profiles; those without a profile are left out. Each is measured
 * against what is normal in its own partition, and by the reference that models have there, as the stage does it.
 */
export async function readSubjectRisks(
  database: Database,
  { riskOf }: Pick<LearnedModelsInForce, 'riskOf'>,
  tenantId: string,
  subjects: readonly string[],
  partitions: number,
): Promise<Map<string, SubjectRisk>> {
  const [profiles, baselines, standings] = await database.transaction([tenantId], async (sql) => [
    await sql.query<{ subject: string; profile: RiskProfile; snapshot_at: Date | null }>(
      'select subject, profile, snapshot_at from ml_scoring.subject_profiles where tenant_id = $1 and subject = any($2::text[])',
      [tenantId, subjects],
    ),
    await sql.query<{ partition: number; baseline: Baseline }>('select partition, baseline from ml_scoring.baselines where tenant_id = $1 and topic = $2', [tenantId, eventAssessed.topic]),
    await standingsOf(sql, tenantId),
  ])
  const byPartition = new Map(baselines.map(({ partition, baseline }) => [partition, baseline]))
  return new Map(
    await Promise.all(profiles.map(async ({ subject, profile, snapshot_at: snapshotAt }) => {
      const partition = partitionOfKey(recordKeyOf({ tenantid: tenantId, subject }), partitions)
      const shown: SubjectRisk = {
        risk: await riskOf(tenantId, profile, byPartition.get(partition) ?? priorBaseline, standings.find((standing) => standing.partition === partition)),
        windows: overWindows(profile),
        seen: experienceOf(profile),
        latestEventAt: new Date(profile.clockMs).toISOString(),
        asOf: snapshotAt === null ? null : snapshotAt.toISOString(),
      }
      return [subject, shown] as const
    })),
  )
}

function overWindows(profile: RiskProfile): FactorOverWindows[] {
  const values = windowedValuesOf(profile, profile.clockMs)
  return riskFactorNames.map((name, place) => {
    const [hour = 0, day = 0, week = 0] = values.subarray(place * factorWindows.length, (place + 1) * factorWindows.length)
    return { name, hour, day, week }
  })
}
