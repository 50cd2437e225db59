/** Mean and variance with exponentially fading weights; the plain ones until `1 / fade` values were seen. */
export interface RunningLevel {
  readonly count: number
  readonly mean: number
  readonly variance: number
}

export const noLevel: RunningLevel = { count: 0, mean: 0, variance: 0 }

/** Fewer don't make a level. */
const leastCount = 10

/** A series that never moved has no spread: then this share of its level counts as one. */
const leastSpread = 3e-5
const deviationMax = 1e6

/** How many standard deviations a value lies from the level, either way; 0 while there is none. */
export function deviation({ count, mean, variance }: RunningLevel, value: number): number {
  const distance = Math.abs(value - mean)
  if (count <= leastCount || distance === 0) return 0
  return Math.min(deviationMax, distance / Math.hypot(Math.sqrt(variance), leastSpread * mean))
}

/** West's recurrence (1979) with a weight of at least `fade`. */
export function learnLevel({ count, mean, variance }: RunningLevel, value: number, fade: number): RunningLevel {
  const weight = Math.max(1 / (count + 1), fade)
  const step = value - mean
  return { count: count + 1, mean: mean + weight * step, variance: (1 - weight) * (variance + weight * step * step) }
}
