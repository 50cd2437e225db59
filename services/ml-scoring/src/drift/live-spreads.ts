import { binOf, type ValueBins } from '@ott/anomaly/drift/value-bins'
import { flushAtIntervals } from '@ott/pipeline/flush-at-intervals'
import type { Database } from '@ott/postgres/database'
import type { ReferenceSpread } from '../scoring/servable-model.ts'
import { dayOf, isCompared } from './compared-days.ts'
import { isReadable, scoresPlace } from './judge-drift.ts'
import { addLiveSpreads, type LiveSpread } from './spread-store.ts'

/** Where something was counted: a version of a tenant's model. */
export interface SpreadKey {
  readonly tenantId: string
  readonly model: string
  readonly version: number
}

/** Counts what champions meet and say, in memory, and adds it to the table now and then. */
export interface LiveSpreads {
  /**
   * One row that a model saw; rows are those it was trained on: a viewer's active hour each. A number that is none is left out of its column.
   * @param atMs event time; what lies before yesterday or after today is never compared, and not counted
   */
  add(key: SpreadKey, reference: ReferenceSpread, row: Float64Array, score: number, atMs: number): void
  /** Adds what was counted so far to the table. Throws what keeps it from that; it stays counted. */
  flush(): Promise<void>
  /** Adds the rest. */
  stop(): Promise<void>
}

export interface LiveSpreadsOptions {
  readonly database: Database
  readonly intervalMs: number
  nowMs(): number
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
export function startLiveSpreads({ database, intervalMs, nowMs, onFault }: LiveSpreadsOptions): LiveSpreads {
  /** By the reference itself, which a loaded version keeps for good. */
  const readable = new WeakMap<ReferenceSpread, boolean>()
  let held = new Map<string, Held>()

  const canRead = (reference: ReferenceSpread): boolean => {
    const known = readable.get(reference) ?? isReadable(reference)
    readable.set(reference, known)
    return known
  }
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
      if (!isCompared(atMs, nowMs()) || !canRead(reference)) return
      const day = dayOf(atMs)
      const key = `${tenantId} ${model} ${version} ${day}`
      let own = held.get(key)
      if (own === undefined) {
        if (held.size >= heldMax) return
        own = { tenantId, model, version, day, columns: reference.columns.map(({ counts }) => new Float64Array(counts.length)), scores: new Float64Array(reference.scores.counts.length) }
        held.set(key, own)
      }
      for (let column = 0; column < reference.columns.length; column += 1) countIn(own.columns[column]!, reference.columns[column]!, row[column]!)
      countIn(own.scores, reference.scores, score)
    },
    flush,
    stop: () => flushing.stop(),
  }
}

function spreadsOf({ tenantId, model, version, day, columns, scores }: Held): LiveSpread[] {
  const key = { tenantId, model, version, day }
  return [...columns.map((counts, place) => ({ ...key, place, counts: [...counts] })), { ...key, place: scoresPlace, counts: [...scores] }]
}

function countIn(counts: Float64Array, { bounds }: ValueBins, value: number): void {
  if (!Number.isNaN(value)) counts[binOf(bounds, value)]! += 1
}

function addTo(sum: Float64Array, counts: Float64Array): void {
  for (let bin = 0; bin < sum.length; bin += 1) sum[bin]! += counts[bin]!
}
