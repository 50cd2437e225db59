import { randomUUID } from 'node:crypto'
import type { Baseline } from '@ott/anomaly/baseline'
import type { KnownGroups } from '@ott/anomaly/seasonal/series-counts'
import type { RiskProfile } from '@ott/anomaly/risk-profile'
import type { PartitionMemory, SnapshotPosition } from '@ott/pipeline/define-stage'
import { coalesce } from '@ott/pipeline/coalesce'
import { TransientError } from '@ott/pipeline/errors'
import type { Database } from '@ott/postgres/database'
import { createPartitionProfiles, takeChanges, type FetchedProfile, type Holding, type PartitionProfiles, type TakenChanges, type Viewer } from './partition-profiles.ts'
import { readReferences, writeReferences } from './scoring/reference-store.ts'
import { addSeriesCounts } from './series/series-count-store.ts'
import { confirmCounts, missingCounts, takeCounts, type TakenCounts } from './series/series-tally.ts'
import type { SubjectBudget } from './subject-budget.ts'
import type { SubjectObserver } from './subject-metrics.ts'

/** Profiles in the database: as of each partition's last snapshot. */
export interface ProfileStore extends PartitionMemory<PartitionProfiles> {
  /**
   * Profiles of viewers that a partition doesn't hold; a new viewer's is undefined. One statement for all lanes.
   * @throws TransientError when the partition has another holder by now: its profiles may be ahead of this one's events
   */
  fetch(holding: Holding, wanted: readonly Viewer[]): Promise<FetchedProfile[]>
}

export interface ProfileStoreOptions {
  readonly database: Database
  /** All tenants there are: a partition's baselines are looked up for each. */
  readonly tenantIds: () => readonly string[]
  readonly snapshotIntervalMs: number
  readonly budget: SubjectBudget
  readonly observer?: SubjectObserver
}

export function createProfileStore({ database, tenantIds, snapshotIntervalMs, budget, observer }: ProfileStoreOptions): ProfileStore {
  const ask = coalesce((requests: readonly FetchRequest[]) => fetchTogether(database, requests))
  const makeRoom = () => observer?.forgotten(budget.forgetIdle())
  return {
    snapshotIntervalMs,
    async fetch(holding, wanted) {
      makeRoom()
      const fetched = await ask({ holding, wanted })
      if (fetched === undefined) throw new TransientError(belongsToAnother(holding))
      observer?.fetched(fetched)
      return fetched
    },
    async restore(topic, partition) {
      const memory = createPartitionProfiles({ topic, partition, owner: randomUUID() })
      const position = await database.transaction(tenantIds(), async (sql) => {
        const [row] = await sql.query<{ next_offset: string | null; sources: Record<string, string> }>(
          `insert into ml_scoring.snapshot_positions as held (topic, partition, owner, sources) values ($1, $2, $3, '{}')
           on conflict (topic, partition) do update set owner = excluded.owner
           returning next_offset, sources`,
          [topic, partition, memory.holding.owner],
        )
        const baselines = await sql.query<{ tenant_id: string; baseline: Baseline }>(
          'select tenant_id, baseline from ml_scoring.baselines where topic = $1 and partition = $2',
          [topic, partition],
        )
        for (const { tenant_id: tenantId, baseline } of baselines) memory.baselines.set(tenantId, baseline)
        for (const [tenantId, reference] of await readReferences(sql, memory.holding)) memory.references.byTenant.set(tenantId, reference)
        return row === undefined || row.next_offset === null ? undefined : { nextOffset: BigInt(row.next_offset), sources: row.sources }
      })
      budget.add(memory)
      return { memory, position }
    },
    async snapshot(_topic, _partition, memory, position) {
      const taken = takeChanges(memory)
      const counts = takeCounts(memory.series, position.nextOffset)
      try {
        const groups = await writeSnapshot(database, memory.holding, position, taken, counts)
        taken.written()
        confirmCounts(memory.series, groups)
      } catch (thrown) {
        taken.failed()
        throw thrown
      }
      makeRoom()
    },
    release: (memory) => budget.remove(memory),
  }
}

interface FetchRequest {
  readonly holding: Holding
  readonly wanted: readonly Viewer[]
}

/** Lanes ask side by side; one statement answers all of them, so that what it finds is of the holders it finds. Undefined for who isn't one. */
async function fetchTogether(database: Database, requests: readonly FetchRequest[]): Promise<(FetchedProfile[] | undefined)[]> {
  const wanted = requests.flatMap((request) => request.wanted)
  const holdings = requests.map(({ holding }) => holding)
  const rows = await database.transaction([...new Set(wanted.map(({ tenantId }) => tenantId))], (sql) =>
    sql.query<{ owner: string | null; tenant_id: string; subject: string; profile: RiskProfile }>(
      `select owner, null as tenant_id, null as subject, null::json as profile from ml_scoring.snapshot_positions
       where (topic, partition, owner) in (select * from unnest($1::text[], $2::int[], $3::text[]))
       union all
       select null, tenant_id, subject, profile from ml_scoring.subject_profiles
       where (tenant_id, subject) in (select * from unnest($4::text[], $5::text[]))`,
      [
        holdings.map(({ topic }) => topic),
        holdings.map(({ partition }) => partition),
        holdings.map(({ owner }) => owner),
        wanted.map(({ tenantId }) => tenantId),
        wanted.map(({ subject }) => subject),
      ],
    ),
  )
  const owners = new Set(rows.flatMap(({ owner }) => owner ?? []))
  const found = new Map(rows.flatMap(({ owner, tenant_id, subject, profile }) => (owner === null ? [[`${tenant_id}:${subject}`, profile] as const] : [])))
  return requests.map(({ holding, wanted: own }) =>
    owners.has(holding.owner) ? own.map(({ tenantId, subject }) => ({ tenantId, subject, profile: found.get(`${tenantId}:${subject}`) })) : undefined,
  )
}

/**
 * One transaction, for the present owner alone: whoever restored the partition since then reads these profiles one by
 * one as it needs them, and a late snapshot of its predecessor would have it count the same events twice.
 */
async function writeSnapshot(
  database: Database,
  holding: Holding,
  position: SnapshotPosition,
  { profiles, baselines, references }: TakenChanges,
  counts: readonly TakenCounts[],
): Promise<ReadonlyMap<string, KnownGroups>> {
  const { topic, partition, owner } = holding
  const tenants = [...new Set([...profiles, ...baselines, ...references, ...counts.flatMap(({ deltas }) => deltas)].map(({ tenantId }) => tenantId))]
  return await database.transaction(tenants, async (sql) => {
    const [advanced] = await sql.query<{ reached: string | null }>(
      `update ml_scoring.snapshot_positions as held set next_offset = $4, sources = $5
       from (select next_offset from ml_scoring.snapshot_positions where topic = $1 and partition = $2 and owner = $3 for update) as before
       where topic = $1 and partition = $2 and owner = $3 and (held.next_offset is null or held.next_offset <= $4)
       returning before.next_offset as reached`,
      [topic, partition, owner, String(position.nextOffset), JSON.stringify(position.sources)],
    )
    if (advanced === undefined) throw new Error(belongsToAnother(holding))
    await sql.query(
      `insert into ml_scoring.subject_profiles (tenant_id, subject, profile, snapshot_at)
       select *, now() from unnest($1::text[], $2::text[], $3::json[])
       on conflict (tenant_id, subject) do update set profile = excluded.profile, snapshot_at = excluded.snapshot_at`,
      [profiles.map(({ tenantId }) => tenantId), profiles.map(({ subject }) => subject), profiles.map(({ profile }) => JSON.stringify(profile))],
    )
    await sql.query(
      `insert into ml_scoring.baselines (tenant_id, topic, partition, baseline)
       select tenant_id, $1, $2, baseline from unnest($3::text[], $4::json[]) as u (tenant_id, baseline)
       on conflict (tenant_id, topic, partition) do update set baseline = excluded.baseline`,
      [topic, partition, baselines.map(({ tenantId }) => tenantId), baselines.map(({ baseline }) => JSON.stringify(baseline))],
    )
    await writeReferences(sql, holding, references)
    // Last, for it is here that partitions meet in the same rows. Counts are added, so it matters what an earlier try has written.
    return await addSeriesCounts(sql, missingCounts(counts, advanced.reached === null ? undefined : BigInt(advanced.reached)))
  })
}

function belongsToAnother({ topic, partition }: Holding): string {
  return `the profiles of ${topic}/${partition} belong to another process by now`
}
