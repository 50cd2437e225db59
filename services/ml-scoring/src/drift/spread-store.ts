import type { Database } from '@ott/postgres/database'
import type { Days } from './compared-days.ts'

/** What a version met on a day, in the bins of one column. */
export interface LiveSpread {
  readonly tenantId: string
  readonly model: string
  readonly version: number
  /** UTC, `2026-03-02`. */
  readonly day: string
  /** A column from 0, or `scoresPlace`. */
  readonly place: number
  readonly counts: readonly number[]
}

/** Adds counts to what is there. Bins of one version are always the same ones. */
export async function addLiveSpreads(database: Database, spreads: readonly LiveSpread[]): Promise<void> {
  if (spreads.length === 0) return
  const keyOf = ({ tenantId, model, version, day, place }: LiveSpread) => `${tenantId} ${model} ${version} ${day} ${place}`
  // In one order, so that two processes don't wait for each other.
  const sorted = spreads.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  await database.transaction([...new Set(sorted.map(({ tenantId }) => tenantId))], async (sql) =>
    sql.send(
      `insert into ml_scoring.live_spreads as held (tenant_id, model, version, day, place, counts)
       select tenant_id, model, version, day, place, array(select json_array_elements_text(counts)::bigint)
       from unnest($1::text[], $2::text[], $3::int[], $4::date[], $5::int[], $6::json[]) as u (tenant_id, model, version, day, place, counts)
       on conflict (tenant_id, model, version, day, place) do update set counts = array(select a + b from unnest(held.counts, excluded.counts) as pair (a, b))`,
      [
        sorted.map(({ tenantId }) => tenantId),
        sorted.map(({ model }) => model),
        sorted.map(({ version }) => version),
        sorted.map(({ day }) => day),
        sorted.map(({ place }) => place),
        sorted.map(({ counts }) => JSON.stringify(counts)),
      ],
    ),
  )
}

/** Counts of a version by place, over these days. */
export async function readLiveSpreads(database: Database, tenantId: string, model: string, version: number, { from, to }: Days): Promise<Map<number, number[]>> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<{ place: number; counts: string[] }>(
      'select place, counts::text[] as counts from ml_scoring.live_spreads where tenant_id = $1 and model = $2 and version = $3 and day between $4::date and $5::date',
      [tenantId, model, version, from, to],
    ),
  )
  const sums = new Map<number, number[]>()
  for (const { place, counts } of rows) {
    const sum = sums.get(place)
    if (sum === undefined) sums.set(place, counts.map(Number))
    else for (const [bin, count] of counts.entries()) sum[bin] = (sum[bin] ?? 0) + Number(count)
  }
  return sums
}

/** Forgets all days but these: nothing is or will be compared with them. */
export async function forgetLiveSpreads(database: Database, tenants: readonly string[], { from, to }: Days): Promise<void> {
  if (tenants.length === 0) return
  await database.transaction(tenants, async (sql) => sql.send('delete from ml_scoring.live_spreads where day < $1::date or day > $2::date', [from, to]))
}
