import { stabilised, unstabilised } from './count-scale.ts'
import { deviationAboutZero, medianOf } from './median.ts'

export const hoursPerWeek = 168
const hoursPerDay = 24

/** The counts last seen in each hour of the week, oldest first: 168 lists of at most {@link weeksMax}. */
export type WeekHistory = readonly (readonly number[])[]

/** Older weeks are forgotten. */
export const weeksMax = 8

/** An hour of the week that was seen in fewer weeks borrows from the same hour of other days. */
const weeksEnough = 3

/** Nothing is judged in an hour of the week that was seen in fewer weeks. */
export const weeksMin = 2

/** Before there are enough weeks to tell. */
const dispersionAtFirst = 0.01

/** Residuals of so many hours stand behind the spread of an hour of the week: its own few alone say little. */
const spreadPrior = 24

/** What an hour of the week usually holds. Arrays by hour of the week. */
export interface WeekProfile {
  /** α of the negative binomial: how much more than a Poisson count the series varies. */
  readonly dispersion: number
  /** Median, on the stabilised scale; NaN where nothing at all is known. */
  readonly location: readonly number[]
  /** Standard deviation of a new count about it, on the stabilised scale. */
  readonly spread: readonly number[]
}

/** Hour of the week, 0 for that from Thursday 00:00 UTC, of an hour counted since 1970. */
export function hourOfWeek(hour: number): number {
  return ((hour % hoursPerWeek) + hoursPerWeek) % hoursPerWeek
}

/** Median and MAD per hour of the week (Rousseeuw & Croux 1993 for the MAD), on a scale that makes the series' noise even. */
export function weekProfile(history: WeekHistory): WeekProfile {
  const dispersion = dispersionOf(history)
  const location = locations(history, dispersion)
  const residuals = history.map((counts) => leftOutResiduals(counts, dispersion))
  const whole = spreadOf(residuals.flat())
  const spread = residuals.map((own) => {
    if (own.length < weeksEnough) return rounded(whole)
    return rounded(Math.sqrt((own.length * spreadOf(own) ** 2 + spreadPrior * whole ** 2) / (own.length + spreadPrior)))
  })
  return { dispersion, location, spread }
}

/** To a place that no count depends on, so that a saved profile stays short. */
function rounded(place: number): number {
  return Math.round(place * 1e4) / 1e4
}

/** Spread 1 is that of the noise alone; nothing is known more exactly than that. */
function spreadOf(residuals: readonly number[]): number {
  return residuals.length === 0 ? 1 : Math.max(1, deviationAboutZero(residuals))
}

/** What remains of each count when the other weeks foretell it: what the profile will do on a week it hasn't seen. */
function leftOutResiduals(counts: readonly number[], dispersion: number): number[] {
  if (counts.length < weeksMin) return []
  const places = counts.map((count) => stabilised(count, dispersion))
  return places.map((place, left) => place - medianOf(places.filter((_, week) => week !== left)))
}

/** α by moments: within an hour of the week the variance of counts is μ + αμ². The middle of the weeks' estimates, so that one odd week doesn't count. */
function dispersionOf(history: WeekHistory): number {
  let excess = 0
  let squares = 0
  for (const counts of history) {
    if (counts.length < weeksEnough) continue
    const mean = medianOf(counts)
    const deviation = deviationAboutZero(counts.map((count) => count - mean))
    // A median of few values lies nearer to them than the mean does: without the factor the spread would come out too small.
    excess += (deviation ** 2 * counts.length) / (counts.length - 1) - mean
    squares += mean ** 2
  }
  return squares === 0 ? dispersionAtFirst : Math.min(0.5, Math.max(0, excess / squares))
}

function locations(history: WeekHistory, dispersion: number): number[] {
  const own = history.map((counts) => counts.map((count) => stabilised(count, dispersion)))
  return own.map((places, hour) => {
    if (places.length >= weeksEnough) return rounded(medianOf(places))
    const sameHour = Array.from({ length: 7 }, (_, day) => own[(hour + day * hoursPerDay) % hoursPerWeek]!).flat()
    if (places.length === 0) return sameHour.length === 0 ? 0 : rounded(medianOf(sameHour))
    return rounded((places.length * medianOf(places) + (weeksEnough - places.length) * medianOf(sameHour)) / weeksEnough)
  })
}

/** The count that the profile holds for usual in that hour of the week, times e^level. */
export function usualCount({ location, dispersion }: WeekProfile, week: number, level: number): number {
  return unstabilised(location[week]!, dispersion) * Math.exp(level)
}
