import { randomUUID } from 'node:crypto'
import type { Baseline } from '@ott/anomaly/baseline'
import type { RiskProfile } from '@ott/anomaly/risk-profile'
import type { PartitionMemory, SnapshotPosition } from '@ott/pipeline/define-stage'
import { coalesce } from '@ott/pipeline/coalesce'
import type { Database } from '@ott/postgres/database'
import { createPartitionProfiles, takeChanges, type HeldProfile, type PartitionProfiles, type TakenChanges } from './partition-profiles.ts'

interface Viewer {
  readonly tenantId: string
  readonly subject: string
}

/** Profiles in the database: as of each partition's last snapshot. */
export interface ProfileStore extends PartitionMemory<PartitionProfiles> {
  /** Profiles of viewers that a partition doesn't hold yet; a new viewer's is undefined. One statement. */
  fetch(wanted: readonly Viewer[]): Promise<HeldProfile[]>
}

/** @param tenantIds all tenants there are: a partition's baselines are looked up for each */
export function createProfileStore(database: Database, tenantIds: () => readonly string[], snapshotIntervalMs: number): ProfileStore {
  return {
    snapshotIntervalMs,
    fetch: coalesce((lists: readonly (readonly Viewer[])[]) => fetchLists(database, lists)),
    async restore(topic, partition) {
      const memory = createPartitionProfiles(randomUUID())
      const position = await database.transaction(tenantIds(), async (sql) => {
        const [row] = await sql.query<{ next_offset: string | null; sources: Record<string, string> }>(
          `insert into ml_scoring.snapshot_positions as held (topic, partition, owner, sources) values ($1, $2, $3, '{}')
           on conflict (topic, partition) do update set owner = excluded.owner
           returning next_offset, sources`,
          [topic, partition, memory.owner],
        )
        const baselines = await sql.query<{ tenant_id: string; baseline: Baseline }>(
          'select tenant_id, baseline from ml_scoring.baselines where topic = $1 and partition = $2',
          [topic, partition],
        )
        for (const { tenant_id: tenantId, baseline } of baselines) memory.baselines.set(tenantId, baseline)
        return row === undefined || row.next_offset === null ? undefined : { nextOffset: BigInt(row.next_offset), sources: row.sources }
      })
      return { memory, position }
    },
    async snapshot(topic, partition, memory, position) {
      const taken = takeChanges(memory)
      try {
        await writeSnapshot(database, { topic, partition, owner: memory.owner, position, taken })
        taken.written()
      } catch (thrown) {
        taken.failed()
        throw thrown
      }
    },
  }
}

/** Lanes ask side by side; one statement answers all of them. */
async function fetchLists(database: Database, lists: readonly (readonly Viewer[])[]): Promise<HeldProfile[][]> {
  const wanted = lists.flat()
  const tenants = [...new Set(wanted.map(({ tenantId }) => tenantId))]
  const rows = await database.transaction(tenants, (sql) =>
    sql.query<{ tenant_id: string; subject: string; profile: RiskProfile }>(
      `select tenant_id, subject, profile from ml_scoring.subject_profiles
       where (tenant_id, subject) in (select * from unnest($1::text[], $2::text[]))`,
      [wanted.map(({ tenantId }) => tenantId), wanted.map(({ subject }) => subject)],
    ),
  )
  const found = new Map(rows.map((row) => [`${row.tenant_id}:${row.subject}`, row.profile]))
  return lists.map((list) => list.map(({ tenantId, subject }) => ({ tenantId, subject, profile: found.get(`${tenantId}:${subject}`) })))
}

interface Snapshot {
  readonly topic: string
  readonly partition: number
  readonly owner: string
  readonly position: SnapshotPosition
  readonly taken: TakenChanges
}

/**
 * One transaction, for the present owner alone: whoever restored the partition since then reads these profiles one by
 * one as it needs them, and a late snapshot of its predecessor would have it count the same events twice.
 */
async function writeSnapshot(database: Database, { topic, partition, owner, position, taken }: Snapshot): Promise<void> {
  const { profiles, baselines } = taken
  const tenants = [...new Set([...profiles.map(({ tenantId }) => tenantId), ...baselines.map(({ tenantId }) => tenantId)])]
  await database.transaction(tenants, async (sql) => {
    const advanced = await sql.query(
      `update ml_scoring.snapshot_positions set next_offset = $4, sources = $5
       where topic = $1 and partition = $2 and owner = $3 and (next_offset is null or next_offset <= $4)
       returning 1`,
      [topic, partition, owner, String(position.nextOffset), JSON.stringify(position.sources)],
    )
    if (advanced.length === 0) throw new Error(`the profiles of ${topic}/${partition} belong to another process by now`)
    await sql.query(
      `insert into ml_scoring.subject_profiles (tenant_id, subject, profile)
       select * from unnest($1::text[], $2::text[], $3::json[])
       on conflict (tenant_id, subject) do update set profile = excluded.profile`,
      [profiles.map(({ tenantId }) => tenantId), profiles.map(({ subject }) => subject), profiles.map(({ profile }) => JSON.stringify(profile))],
    )
    await sql.query(
      `insert into ml_scoring.baselines (tenant_id, topic, partition, baseline)
       select tenant_id, $1, $2, baseline from unnest($3::text[], $4::json[]) as u (tenant_id, baseline)
       on conflict (tenant_id, topic, partition) do update set baseline = excluded.baseline`,
      [topic, partition, baselines.map(({ tenantId }) => tenantId), baselines.map(({ baseline }) => JSON.stringify(baseline))],
    )
  })
}
