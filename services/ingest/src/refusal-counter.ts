import type { Database } from '@ott/postgres/database'

export type RefusalReason = 'invalid' | 'rateLimited' | 'quotaExceeded'

/** Counts events that were refused before the platform took them on. They are told to the caller, so counts may lag by a second. */
export interface RefusalCounter {
  add(tenantId: string, reason: RefusalReason, count: number): void
  /** Writes what was counted until now; done when all of it is written, by this call or one before. */
  flush(): Promise<void>
}

export function createRefusalCounter(database: Database, nowMs: () => number): RefusalCounter {
  let pending = new Map<string, number>()
  let writing: Promise<void> = Promise.resolve()

  const write = async () => {
    if (pending.size === 0) return
    const counts = pending
    pending = new Map()
    const rows = [...counts].map(([id, count]) => ({ tenantId: id.split(' ')[0] ?? '', reason: id.split(' ')[1] ?? '', count }))
    try {
      await database.transaction(rows.map(({ tenantId }) => tenantId), (sql) =>
        sql.query(
          `insert into ingest.refusals as r (tenant_id, day, reason, count)
           select t, $4::date, reason, count from unnest($1::text[], $2::text[], $3::bigint[]) as u (t, reason, count) order by 1, 3
           on conflict (tenant_id, day, reason) do update set count = r.count + excluded.count`,
          [rows.map((row) => row.tenantId), rows.map((row) => row.reason), rows.map((row) => row.count), new Date(nowMs()).toISOString().slice(0, 10)],
        ),
      )
    } catch (error) {
      for (const [id, count] of counts) pending.set(id, (pending.get(id) ?? 0) + count)
      throw error
    }
  }

  return {
    add(tenantId, reason, count) {
      const id = `${tenantId} ${reason}`
      pending.set(id, (pending.get(id) ?? 0) + count)
    },
    flush() {
      const written = writing.then(write)
      writing = written.catch(() => undefined)
      return written
    },
  }
}
