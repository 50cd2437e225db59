import { operatingFigures, type LabelledSeries } from './event-metrics.ts'

/** A threshold that finds more than this by mistake is taken only when there is no other. */
const falseEventsPerSeriesWeekMax = 0.05

/** So many candidates, at equal shares of the hours that score highest. */
const candidates = 200
/** No more than this share of hours is thought to belong to events. */
const eventShareMax = 0.3

/**
 * The threshold at which labelled series come out best: by event F1 and point accuracy together, among those with few false
 * events. Of a range of thresholds that do equally well, the middle one: other data will lie a little differently.
 *
 * @throws RangeError when there is no event to choose by
 */
export function chooseThreshold(series: readonly LabelledSeries[]): number {
  if (!series.some(({ events }) => events.length > 0)) throw new RangeError('no threshold can be chosen without events')
  const scores = Float64Array.from(series.flatMap((one) => Array.from(one.scores))).filter((score) => !Number.isNaN(score)).sort()
  const highest = scores.subarray(Math.floor(scores.length * (1 - eventShareMax)))
  const tried = [...new Set(Array.from({ length: candidates }, (_, index) => highest[Math.floor((index * highest.length) / candidates)]!))]
  const worth = tried.map((threshold) => {
    const { eventF1, pointAccuracy, falseEventsPerSeriesWeek } = operatingFigures(series, threshold)
    return eventF1 + pointAccuracy - Math.max(0, falseEventsPerSeriesWeek - falseEventsPerSeriesWeekMax) * 10
  })
  const best = Math.max(...worth)
  const from = worth.indexOf(best)
  let to = from
  while (worth[to + 1]! >= best - 1e-3) to += 1
  return (tried[from]! + tried[to]!) / 2
}
