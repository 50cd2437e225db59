import type { ModelName } from '@ott/contracts/model-configured'
import type { Database } from '@ott/postgres/database'
import { addTallies, comparisonOf, emptyTally, type ScoreComparison, type ScoreTally } from './compare-scores.ts'

/** Which two versions are compared. */
export interface ComparedVersions {
  readonly tenantId: string
  readonly model: ModelName
  readonly challenger: number
  readonly champion: number
}

export interface CountedComparison extends ComparedVersions {
  readonly tally: ScoreTally
}

/** A comparison as it is shown: against one champion, from its first event to its latest. */
export interface StoredComparison extends ScoreComparison {
  readonly champion: number
  readonly since: Date
  readonly lastAt: Date
}

/**
 * Adds what was counted to what is kept, all or nothing. Rows are locked in one order, so that processes never wait for each other for good.
 */
export async function addComparisons(database: Database, counted: readonly CountedComparison[], nowMs: number): Promise<void> {
  if (counted.length === 0) return
  const sorted = counted.map((each) => [JSON.stringify([each.tenantId, each.model, each.challenger, each.champion]), each] as const).sort(([a], [b]) => (a < b ? -1 : 1))
  await database.transaction([...new Set(counted.map(({ tenantId }) => tenantId))], async (sql) => {
    for (const [, { tenantId, model, challenger, champion, tally }] of sorted) {
      const [held] = await sql.query<{ tally: ScoreTally }>(
        `insert into ml_scoring.model_comparisons as c (tenant_id, model, challenger, champion, tally, since, last_at) values ($1, $2, $3, $4, $5, $6, $6)
         on conflict (tenant_id, model, challenger, champion) do update set last_at = excluded.last_at returning tally`,
        [tenantId, model, challenger, champion, JSON.stringify(emptyTally), new Date(nowMs)],
      )
      await sql.query('update ml_scoring.model_comparisons set tally = $5 where tenant_id = $1 and model = $2 and challenger = $3 and champion = $4', [
        ...[tenantId, model, challenger, champion],
        JSON.stringify(addTallies(held?.tally ?? emptyTally, tally)),
      ])
    }
  })
}

/** How a version's scores differed from those of each champion it ran beside, the latest first. */
export async function readComparisons(database: Database, tenantId: string, model: string, challenger: number): Promise<StoredComparison[]> {
  const rows = await database.transaction([tenantId], (sql) =>
    sql.query<{ champion: number; tally: ScoreTally; since: Date; lastAt: Date }>(
      `select champion, tally, since, last_at as "lastAt" from ml_scoring.model_comparisons
       where tenant_id = $1 and model = $2 and challenger = $3 order by last_at desc, champion desc limit 20`,
      [tenantId, model, challenger],
    ),
  )
  return rows.map(({ champion, tally, since, lastAt }) => ({ champion, since, lastAt, ...comparisonOf(tally) }))
}
