import { stabilised } from './count-scale.ts'
import { hoursPerWeek } from './hour-of-week.ts'
import { deviationAboutZero, medianOf } from './median.ts'

/** The mean over this hour and its neighbours. */
const neighbours = 1

/**
 * The baseline to beat: how far each count lies from the median of its hour in the training weeks (the other ones, for a training hour), in
 * 1.4826 MAD of the series, averaged with the hour before and the hour after. It learns nothing later and knows no events.
 *
 * @param trainHours from the beginning; NaN for hours of the week that the training hours don't hold
 */
export function plainHourOfWeekScores(counts: readonly number[], trainHours: number): Float64Array {
  const places = counts.map((count) => stabilised(count, 0))
  const residuals = places.map((place, hour) => {
    const known: number[] = []
    for (let other = hour % hoursPerWeek; other < trainHours; other += hoursPerWeek) if (other !== hour) known.push(places[other]!)
    return place - medianOf(known)
  })
  const spread = Math.max(1e-9, deviationAboutZero(residuals.slice(0, trainHours).filter((residual) => !Number.isNaN(residual))))
  return Float64Array.from(residuals, (_, hour) => {
    const around = residuals.slice(Math.max(0, hour - neighbours), hour + neighbours + 1)
    return around.reduce((sum, residual) => sum + Math.abs(residual), 0) / around.length / spread
  })
}
