import { seededRandom, type SeededRandom } from '../seeded-random.ts'

export const eventKinds = ['level', 'burst', 'off_hours', 'drop', 'phase'] as const
export type EventKind = (typeof eventKinds)[number]

export interface MadeEvent {
  /** First hour, and the hour after the last one. */
  readonly start: number
  readonly end: number
  readonly type: EventKind
}

export interface MadeSeries {
  readonly counts: number[]
  readonly events: MadeEvent[]
}

export interface MadeWorld {
  readonly seed: number
  readonly seriesCount: number
  readonly hours: number
  /** Hours at the start that hold no event. */
  readonly trainHours: number
  /** Power to which events' factors are raised: below 1 they are harder to find. 1 where it isn't said. */
  readonly strength?: number
  /** Mean counts per hour are drawn between these. 15 to 200 where they aren't said. */
  readonly levels?: readonly [number, number]
}

/** Hourly counts with a daily and a weekly shape, a slow drift and negative binomial noise; five kinds of events after the training hours. */
export function madeWorld({ seed, seriesCount, hours, trainHours, strength = 1, levels = [15, 200] }: MadeWorld): MadeSeries[] {
  const random = seededRandom(seed)
  return Array.from({ length: seriesCount }, () => madeSeries(random, hours, trainHours, strength, levels))
}

function madeSeries(random: SeededRandom, hours: number, trainHours: number, strength: number, levels: readonly [number, number]): MadeSeries {
  const between = (low: number, high: number) => low + (high - low) * random.uniform()
  const level = Math.exp(between(Math.log(levels[0]), Math.log(levels[1])))
  const peaks = [between(0, 24), between(0, 24)] as const
  const swing = between(0.4, 1.1)
  const second = between(0, 0.4)
  const weekend = between(0.4, 1.4)
  const drift = between(-0.15, 0.15)
  const dispersion = between(0.001, 0.012)
  const days = Array.from({ length: 7 }, () => between(0.95, 1.05))
  let wander = 0
  const rates = Array.from({ length: hours }, (_, hour) => {
    if (hour % 24 === 0) wander = 0.8 * wander + 0.02 * random.normal()
    const angle = (2 * Math.PI * (hour % 24)) / 24
    const daily = Math.exp(swing * Math.cos(angle - (2 * Math.PI * peaks[0]) / 24) + second * Math.cos(2 * angle - (2 * Math.PI * peaks[1]) / 24))
    const day = Math.floor(hour / 24) % 7
    return level * daily * days[day]! * (day >= 5 ? weekend : 1) * Math.exp((drift * hour) / 2_016 + wander)
  })
  const events: MadeEvent[] = []
  const changed = rates.slice()
  for (let wanted = 4 + random.below(4), tries = 0; events.length < wanted && tries < 200; tries += 1) {
    const type = eventKinds[random.below(eventKinds.length)]!
    const [shortest, longest] = { level: [12, 24], burst: [2, 4], off_hours: [4, 8], drop: [6, 12], phase: [8, 12] }[type] as [number, number]
    const length = shortest + random.below(longest - shortest + 1)
    let start = trainHours + 24 + random.below(hours - trainHours - 72)
    const quiet = [...rates.slice(0, 24).keys()].sort((left, right) => rates[start - (start % 24) + left]! - rates[start - (start % 24) + right]!)
    if (type === 'off_hours') start += quiet[random.below(4)]! - (start % 24) - 2
    const end = start + length
    if (events.some((other) => start < other.end + 24 && other.start < end + 24)) continue
    const factor = { level: between(1.5, 2.4), burst: between(2.5, 6), off_hours: 1, drop: between(0.05, 0.35), phase: 1 }[type] ** strength
    const height = between(0.8, 1.4) * level * strength
    for (let hour = start; hour < end; hour += 1) {
      changed[hour] = type === 'phase' ? rates[hour - 12]! : type === 'off_hours' ? rates[hour]! + height : rates[hour]! * factor
    }
    events.push({ start, end, type })
  }
  return { counts: changed.map((rate) => negativeBinomial(random, rate, dispersion)), events: events.sort((left, right) => left.start - right.start) }
}

/** A Poisson count whose rate is Gamma distributed about the mean, by the normal approximation of its cube root (Wilson & Hilferty 1931). */
function negativeBinomial(random: SeededRandom, mean: number, dispersion: number): number {
  const root = 1 - dispersion / 9 + random.normal() * Math.sqrt(dispersion / 9)
  return poisson(random, mean * Math.max(0, root) ** 3)
}

/** Knuth's product of uniforms, in parts so that no factor underflows. */
function poisson(random: SeededRandom, mean: number): number {
  let count = 0
  for (let left = mean; left > 0; left -= 50) {
    const limit = Math.exp(-Math.min(50, left))
    for (let product = random.uniform(); product > limit; product *= random.uniform()) count += 1
  }
  return count
}
