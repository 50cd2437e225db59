import { binOf } from '@ott/anomaly/drift/value-bins'
import { flushAtIntervals } from '@ott/pipeline/flush-at-intervals'
import type { Database } from '@ott/postgres/database'
import type { ReferenceSpread } from '../scoring/servable-model.ts'
import { addLiveSpreads, scoresPlace, type LiveSpread } from './drift-store.ts'

/** Where something was counted: a version of a tenant's model. */
export interface SpreadKey {
  readonly tenantId: string
  readonly model: string
  readonly version: number
}

/** Counts what champions meet and say, in memory, and adds it to the table now and then. */
export interface LiveSpreads {
  /** One row that a model saw; rows are those it was trained on: a viewer's active hour each. @param atMs event time */
  add(key: SpreadKey, reference: ReferenceSpread, row: Float64Array, score: number, atMs: number): void
  /** Adds what was counted so far to the table. Throws what keeps it from that; it stays counted. */
  flush(): Promise<void>
  /** Adds the rest. */
  stop(): Promise<void>
}

export interface LiveSpreadsOptions {
  readonly database: Database
  readonly intervalMs: number
  onFault(error: unknown): void
}

interface Held extends SpreadKey {
  readonly day: string
  readonly columns: readonly Float64Array[]
  readonly scores: Float64Array
}

/** Versions and days counted at the same time; further ones are left out until some are written. */
const heldMax = 5_000

/** Neither exactly once nor at least once, and needn't be: a batch worked through again counts again, a crash loses seconds. Shares hardly move by either. */
export function startLiveSpreads({ database, intervalMs, onFault }: LiveSpreadsOptions): LiveSpreads {
  let held = new Map<string, Held>()

  const flush = async () => {
    const taken = held
    held = new Map()
    try {
      await addLiveSpreads(database, [...taken.values()].flatMap(spreadsOf))
    } catch (error) {
      for (const [key, each] of taken) {
        const since = held.get(key)
        if (since === undefined) held.set(key, each)
        else for (const [place, counts] of [...each.columns, each.scores].entries()) addTo([...since.columns, since.scores][place]!, counts)
      }
      throw error
    }
  }
  const flushing = flushAtIntervals({ intervalMs, flush, onFault })
  return {
    add({ tenantId, model, version }, reference, row, score, atMs) {
      const day = new Date(atMs).toISOString().slice(0, 10)
      const key = `${tenantId} ${model} ${version} ${day}`
      let own = held.get(key)
      if (own === undefined) {
        if (held.size >= heldMax) return
        own = { tenantId, model, version, day, columns: reference.columns.map(({ counts }) => new Float64Array(counts.length)), scores: new Float64Array(reference.scores.counts.length) }
        held.set(key, own)
      }
      for (let column = 0; column < reference.columns.length; column += 1) own.columns[column]![binOf(reference.columns[column]!.bounds, row[column]!)]! += 1
      own.scores[binOf(reference.scores.bounds, score)]! += 1
    },
    flush,
    stop: () => flushing.stop(),
  }
}

function spreadsOf({ tenantId, model, version, day, columns, scores }: Held): LiveSpread[] {
  const key = { tenantId, model, version, day }
  return [...columns.map((counts, place) => ({ ...key, place, counts: [...counts] })), { ...key, place: scoresPlace, counts: [...scores] }]
}

function addTo(sum: Float64Array, counts: Float64Array): void {
  for (let bin = 0; bin < sum.length; bin += 1) sum[bin]! += counts[bin]!
}
