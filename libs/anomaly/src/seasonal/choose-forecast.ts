import type { HourForecast } from './seasonal-model.ts'

/** Whether a series is better judged with the forecast of another model than by its hour of the week alone. */
export interface ForecastChoice {
  readonly isBetter: boolean
  /** By how much the forecast raises the mean ln likelihood of an hour that was held back, and the standard error of that. */
  readonly gainPerHour: number
  readonly standardError: number
  /** Standard deviation of what remains about the forecast, in those of the hour of the week. */
  readonly spread: number
}

/** Wild hours count no further: the choice is about ordinary ones. */
const residualMax = 3
/** A forecast is taken when it gains more than so many standard errors: chance alone gains one now and then. */
const standardErrorsMin = 2
const spreadBounds = [0.7, 1] as const

/**
 * Compares both on hours that neither was made from: the ln likelihood of each residual under a normal distribution, about the hour
 * of the week and about the forecast. Both have the spread that fits the first half of the hours, and are compared on the second, so
 * that the forecast isn't ahead for having been fitted.
 *
 * @param residuals against the hour of the week, in standard deviations; @param shifts what the forecast said of the same hours
 */
export function chooseForecast(residuals: ArrayLike<number>, shifts: ArrayLike<number>): ForecastChoice {
  const bounded = Array.from(residuals, (residual) => Math.max(-residualMax, Math.min(residualMax, residual)))
  const known = [...bounded.keys()].filter((hour) => !Number.isNaN(bounded[hour]!))
  const half = known.slice(0, known.length >> 1)
  const rest = known.slice(known.length >> 1)
  if (half.length < 24) return { isBetter: false, gainPerHour: 0, standardError: Infinity, spread: 1 }
  const without = deviation(half.map((hour) => bounded[hour]!))
  const withIt = deviation(half.map((hour) => bounded[hour]! - shifts[hour]!))
  const gains = rest.map((hour) => logNormal(bounded[hour]! - shifts[hour]!, withIt) - logNormal(bounded[hour]!, without))
  const gainPerHour = gains.reduce((sum, gain) => sum + gain, 0) / gains.length
  const standardError = deviation(gains.map((gain) => gain - gainPerHour)) / Math.sqrt(gains.length)
  const spread = Math.min(spreadBounds[1], Math.max(spreadBounds[0], withIt / without))
  return { isBetter: gainPerHour > standardErrorsMin * standardError, gainPerHour, standardError, spread }
}

/** What is handed to the model: the forecast where it was chosen. */
export function forecastsFor(choice: ForecastChoice, shifts: ArrayLike<number>): HourForecast[] | undefined {
  return choice.isBetter ? Array.from(shifts, (shift) => ({ shift, spread: choice.spread })) : undefined
}

function deviation(values: readonly number[]): number {
  return Math.max(1e-3, Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length))
}

function logNormal(value: number, spread: number): number {
  return -0.5 * (value / spread) ** 2 - Math.log(spread)
}
