/**
 * Amounts of one viewer by bucket of event time: `[bucket, amount, bucket, amount, …]` with buckets rising. Only buckets
 * in which something happened are held, so a quiet viewer costs nothing, and it is plain JSON.
 */
export type TimeRing = readonly number[]

/** The window a ring answers for. A window is kept to the bucket: it reaches back `windowMs`, and up to one bucket more. */
export interface RingSpan {
  readonly windowMs: number
  /** Divides `windowMs`. */
  readonly bucketMs: number
  /** What a bucket does with a second amount: `add` counts, `largest` remembers the worst. */
  readonly combine: 'add' | 'largest'
}

/** Buckets a ring may hold beyond its window, so that a few events from a wrong clock cost the window nothing. */
const spareBuckets = 3

/** Keeps sums far below 2^53 and a saved ring short. */
const amountMax = 1_000_000_000

export const emptyRing: TimeRing = []

/** The most buckets a ring of this span ever holds. */
export function bucketsMax(span: RingSpan): number {
  return span.windowMs / span.bucketMs + 1 + spareBuckets
}

/**
 * The ring with one more amount, in the bucket of its own time, whatever order events come in.
 * A full ring gives up the bucket farthest in time from this event: in order, that is the oldest; after a jump of
 * the clock it is the stray one, so a ring heals by itself and no single event costs more than one bucket.
 */
export function addToRing(ring: TimeRing, span: RingSpan, atMs: number, amount: number): TimeRing {
  if (!(amount > 0)) return ring
  const bucket = Math.floor(atMs / span.bucketMs)
  let index = ring.length
  while (index > 0 && ring[index - 2]! >= bucket) index -= 2
  const next = ring.slice()
  if (ring[index] === bucket) {
    const before = ring[index + 1]!
    next[index + 1] = Math.min(amountMax, span.combine === 'add' ? before + amount : Math.max(before, amount))
    return next
  }
  next.splice(index, 0, bucket, Math.min(amountMax, amount))
  if (next.length > 2 * bucketsMax(span)) {
    const oldestIsFarther = bucket - next[0]! >= next[next.length - 2]! - bucket
    next.splice(oldestIsFarther ? 0 : next.length - 2, 2)
  }
  return next
}

/** What the window that ends with the bucket of `asOfMs` holds: the sum, or the largest. Buckets after it don't count. */
export function windowOf(ring: TimeRing, span: RingSpan, asOfMs: number, upToMs = asOfMs): number {
  const first = Math.floor(asOfMs / span.bucketMs) - span.windowMs / span.bucketMs
  const last = Math.floor(Math.min(asOfMs, upToMs) / span.bucketMs)
  let total = 0
  for (let index = ring.length - 2; index >= 0 && ring[index]! >= first; index -= 2) {
    if (ring[index]! > last) continue
    const amount = ring[index + 1]!
    total = span.combine === 'add' ? total + amount : Math.max(total, amount)
  }
  return total
}
