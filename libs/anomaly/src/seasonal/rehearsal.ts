import type { SeededRandom } from '../seeded-random.ts'
import type { HourSpan } from './event-extraction.ts'

/** Kinds of events that are rehearsed: a raised level, a burst, business in the quiet hours, a drop, a day shifted by half a day. */
export const rehearsedKinds = ['level', 'burst', 'off-hours', 'drop', 'phase'] as const
export type RehearsedKind = (typeof rehearsedKinds)[number]

/** Shortest and longest, in hours; and by what factor the count changes, where it is a factor. */
const shapes: Readonly<Record<RehearsedKind, { readonly hours: readonly [number, number]; readonly factor: readonly [number, number] }>> = {
  level: { hours: [12, 24], factor: [1.5, 2.5] },
  burst: { hours: [2, 4], factor: [2.5, 6] },
  'off-hours': { hours: [4, 8], factor: [0.8, 1.4] },
  drop: { hours: [6, 12], factor: [0.05, 0.4] },
  phase: { hours: [8, 12], factor: [1, 1] },
}

/** Between two events, at least. */
const hoursApart = 24

export interface RehearsedSeries {
  readonly counts: number[]
  readonly events: HourSpan[]
}

/**
 * Puts events into counts that hold none, so that thresholds and models can be chosen without labels. Half a day's counts are
 * taken from the series itself; what a factor adds is Poisson, what it takes away binomial, as in a real change of rate.
 *
 * @param usual the count expected in each hour
 * @param from the first hour that may hold an event; @param weekly about so many events a week
 */
export function rehearse(counts: readonly number[], usual: readonly number[], from: number, weekly: number, random: SeededRandom): RehearsedSeries {
  const changed = counts.slice()
  const events: HourSpan[] = []
  const wanted = Math.max(1, Math.round(((counts.length - from) / 168) * weekly))
  for (let tries = 0; events.length < wanted && tries < 50 * wanted; tries += 1) {
    const kind = rehearsedKinds[random.below(rehearsedKinds.length)]!
    const { hours, factor } = shapes[kind]
    const length = hours[0] + random.below(hours[1] - hours[0] + 1)
    const anywhere = from + random.below(Math.max(1, counts.length - from - length))
    const start = kind === 'off-hours' ? quietestStart(usual, anywhere, length) : anywhere
    const event = { start, end: start + length }
    if (start < Math.max(from, 12) || event.end > counts.length) continue
    if (events.some((other) => event.start < other.end + hoursApart && other.start < event.end + hoursApart)) continue
    const strength = factor[0] + (factor[1] - factor[0]) * random.uniform()
    const day = usual.slice(Math.max(0, start - 24), start + 24)
    const mean = day.reduce((sum, value) => sum + value, 0) / day.length
    for (let hour = start; hour < event.end; hour += 1) {
      changed[hour] = changedCount(kind, strength, counts, usual, hour, mean, random)
    }
    events.push(event)
  }
  return { counts: changed, events: events.sort((left, right) => left.start - right.start) }
}

function changedCount(kind: RehearsedKind, strength: number, counts: readonly number[], usual: readonly number[], hour: number, mean: number, random: SeededRandom): number {
  const count = counts[hour]!
  switch (kind) {
    case 'level':
    case 'burst':
      return count + poisson(random, (strength - 1) * usual[hour]!)
    case 'off-hours':
      return count + poisson(random, strength * mean)
    case 'drop':
      return binomial(random, count, strength)
    case 'phase':
      return counts[hour - 12]!
  }
}

/** Of the starts within half a day, that of the least business. */
function quietestStart(usual: readonly number[], around: number, length: number): number {
  let best = around
  let least = Infinity
  for (let start = Math.max(0, around - 12); start <= Math.min(usual.length - length, around + 12); start += 1) {
    const business = usual.slice(start, start + length).reduce((sum, value) => sum + value, 0)
    if (business < least) [best, least] = [start, business]
  }
  return best
}

/** Large means by the normal approximation, which is closer than anything that is decided by it. */
function poisson(random: SeededRandom, mean: number): number {
  if (mean > 100) return Math.max(0, Math.round(mean + Math.sqrt(mean) * random.normal()))
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random.uniform(); product > limit; product *= random.uniform()) count += 1
  return count
}

function binomial(random: SeededRandom, trials: number, share: number): number {
  if (trials * share * (1 - share) > 25) {
    const drawn = trials * share + Math.sqrt(trials * share * (1 - share)) * random.normal()
    return Math.max(0, Math.min(trials, Math.round(drawn)))
  }
  let count = 0
  for (let trial = 0; trial < trials; trial += 1) if (random.uniform() < share) count += 1
  return count
}
