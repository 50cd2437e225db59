import { judgeHour, noForecast, unsettledVerdicts, youngSeries, type HourForecast, type HourVerdict } from './seasonal-model.ts'

/** A series judged from its first to its last hour. All arrays by hour of the series; NaN while it was too young. */
export interface JudgedSeries {
  readonly expectedCounts: Float64Array
  readonly residuals: Float64Array
  /** ln odds of an event, known at once. */
  readonly immediate: Float64Array
  /** ln odds of an event when the next hours are known, too. */
  readonly settled: Float64Array
}

/**
 * @param start first hour, in hours since 1970
 * @param forecasts by hour of the series; without them the hour of the week stands alone
 */
export function judgeSeries(counts: readonly number[], start: number, forecasts?: readonly HourForecast[]): JudgedSeries {
  const unknown = () => new Float64Array(counts.length).fill(NaN)
  const judged = { expectedCounts: unknown(), residuals: unknown(), immediate: unknown(), settled: unknown() }
  const settle = ({ hour, logOdds }: HourVerdict) => (judged.settled[hour - start] = logOdds)
  let state = youngSeries(start - 1)
  for (const [index, count] of counts.entries()) {
    const judgement = judgeHour(state, start + index, count, forecasts?.[index] ?? noForecast)
    state = judgement.state
    judged.expectedCounts[index] = judgement.expectedCount
    judged.residuals[index] = judgement.residual
    if (judgement.verdict !== undefined) judged.immediate[index] = judgement.verdict.logOdds
    if (judgement.settled !== undefined) settle(judgement.settled)
  }
  for (const verdict of unsettledVerdicts(state)) settle(verdict)
  return judged
}
