import { seededRandom } from '../seeded-random.ts'

export const startMs = Date.UTC(2026, 0, 5)
export const stepMs = 5 * 60_000
export const perDay = 288

/** Three days, in which a detector may learn and nothing is asked of it. */
export const probation = 3 * perDay

/** Five-minute values with a daily course and noise, two weeks of them. */
export function dailySeries(seed: number): number[] {
  const random = seededRandom(seed)
  return Array.from({ length: 14 * perDay }, (_, row) => 100 + 40 * Math.sin((2 * Math.PI * row) / perDay) + 4 * random.normal())
}

export function plainNoise(seed: number): number[] {
  const random = seededRandom(seed)
  return Array.from({ length: 14 * perDay }, () => 100 + 10 * random.normal())
}
