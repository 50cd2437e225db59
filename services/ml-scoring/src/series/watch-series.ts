import { eventShape } from '@ott/anomaly/seasonal/event-extraction'
import { judgeHour, youngSeries, type HourForecast, type SeasonalState } from '@ott/anomaly/seasonal/seasonal-model'
import { emptySeries, judgeValue, seriesAlarmScore, type SeriesState } from '@ott/anomaly/streaming/judge-value'
import { hourMs } from './hourly-counts.ts'

/** A stretch of hours unlike the series. */
export interface SeriesAnomaly {
  /** First and last unlikely hour, since 1970. */
  readonly since: number
  readonly last: number
  /** Unlikely hours so far. */
  readonly hours: number
  /** Of the last unlikely hour. */
  readonly count: number
  readonly expected: number
  readonly direction: 'above' | 'below'
  /** 0 to 1. */
  readonly likelihood: number
  readonly peakLikelihood: number
  readonly model: 'streaming' | 'hour-of-week'
}

/** All that is known of a series: plain JSON of bounded size. */
export interface WatchedSeries {
  readonly seasonal: SeasonalState
  /** Left out once the season is known. */
  readonly streaming?: SeriesState
  readonly streamed: number
  /** Believed or not yet. */
  readonly anomaly?: SeriesAnomaly
}

/** Nine to one, as the rule on anomalous series asks for. */
const likelihoodMin = 0.9
/** A younger series has no usual. */
const streamedMin = 48

/** @param hour the one before the first to be judged */
export function newSeries(hour: number): WatchedSeries {
  return { seasonal: youngSeries(hour), streaming: emptySeries, streamed: 0 }
}

/** Long enough to be told. */
export function isBelieved({ hours, model }: SeriesAnomaly): boolean {
  return model === 'streaming' || hours >= eventShape.lengthHoursMin
}

/**
 * Judges an hour and learns it. Pure. Until the hour of the week is known, by the streaming detector.
 * @returns `anomaly` as it is after the hour, `ended` when one is over
 */
export function watchHour(series: WatchedSeries, hour: number, count: number, forecast?: HourForecast): { readonly series: WatchedSeries; readonly ended: SeriesAnomaly | undefined } {
  const seasonal = judgeHour(series.seasonal, hour, count, forecast)
  const streaming = seasonal.verdict === undefined ? judgeValue(series.streaming ?? emptySeries, hour * hourMs, count) : undefined
  let likelihood = 0
  let expected = seasonal.expectedCount
  if (seasonal.verdict !== undefined) likelihood = 1 / (1 + Math.exp(-seasonal.verdict.logOdds))
  else if (streaming !== undefined && series.streamed >= streamedMin) {
    expected = series.streaming?.level.mean ?? 0
    // The score's surprise is in decades of chance.
    if (streaming.score >= seriesAlarmScore) likelihood = 1 - 10 ** ((-3 * streaming.score) / (1 - streaming.score))
  }
  const before = series.anomaly
  const over = before !== undefined && hour - before.last - 1 > eventShape.gapHoursMax
  const going = over ? undefined : before
  const anomaly = likelihood < likelihoodMin ? going : {
    since: going?.since ?? hour,
    last: hour,
    hours: (going?.hours ?? 0) + 1,
    count,
    expected,
    direction: count >= expected ? ('above' as const) : ('below' as const),
    likelihood,
    peakLikelihood: Math.max(likelihood, going?.peakLikelihood ?? 0),
    model: streaming === undefined ? ('hour-of-week' as const) : ('streaming' as const),
  }
  return {
    series: {
      seasonal: seasonal.state,
      streamed: series.streamed + 1,
      ...(streaming === undefined ? {} : { streaming: streaming.state }),
      ...(anomaly === undefined ? {} : { anomaly }),
    },
    ended: over ? before : undefined,
  }
}
