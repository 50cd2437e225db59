import { hourOfWeek, usualCount } from '@ott/anomaly/seasonal/hour-of-week'
import { judgeHour, youngSeries, type SeasonalState } from '@ott/anomaly/seasonal/seasonal-model'
import { emptySeries, judgeValue, seriesAlarmScore, type SeriesState } from '@ott/anomaly/streaming/judge-value'
import { newForecastStream, withResidual, type ForecastStream } from '@ott/neural/lstm/forecast-stream'
import { courseAfter, type Anomaly, type CourseStep, type UnlikelyHour } from './anomaly-course.ts'
import type { NamedForecast } from './series-forecast.ts'
import { hourMs } from './series-tally.ts'

/** What is remembered of one series: plain JSON of bounded size (about 15 KB), never changed in place. */
export interface WatchState {
  readonly seasonal: SeasonalState
  /** Until the hour of the week is known, the series is judged by its own surprise. */
  readonly young: SeriesState | null
  readonly stream: ForecastStream
  readonly ongoing: Anomaly | null
}

export interface WatchStep extends Omit<CourseStep, 'ongoing'> {
  readonly state: WatchState
}

/** From this likelihood on an hour is unlikely; the rule that makes a finding of it asks for the same. */
export const likelihoodMin = 0.9

/** A young series that is quiet may be surprised by a single event; nobody is to be told of fewer than these. */
const youngChangeMin = 10

/** What judges where no network does. */
export const modelNames = { young: 'own-surprise', seasonal: 'hour-of-week' } as const

/** A series whose first hour to be judged is the one after `hour`. */
export function newWatch(hour: number): WatchState {
  return { seasonal: youngSeries(hour), young: emptySeries, stream: newForecastStream(hour), ongoing: null }
}

/**
 * Judges an hour that is over, and learns from it. The seasonal model has the word where it knows the hour of the week, the streaming
 * detector until then. Pure: the same counts give the same verdicts, whoever judges them.
 *
 * @param forecast of a network for this hour; undefined: the hour of the week stands alone
 */
export function watchHour(state: WatchState, hour: number, count: number, forecast?: NamedForecast): WatchStep {
  const seasonal = judgeHour(state.seasonal, hour, count, forecast)
  const isSeasonal = seasonal.verdict !== undefined
  const own = isSeasonal ? undefined : (state.young ?? emptySeries)
  const young = own && judgeValue(own, hour * hourMs, count)
  const likelihood = seasonal.verdict !== undefined ? probability(seasonal.verdict.logOdds) : probability(logOddsOfSurprise(young!.score))
  const { high, low } = seasonal.state.belief
  const expected = own === undefined ? seasonal.expectedCount : Math.max(0, own.level.mean)
  const isAbove = own === undefined ? high >= low : count >= expected
  const isTooLittle = own !== undefined && Math.abs(count - expected) < youngChangeMin
  const unlikely: UnlikelyHour | undefined =
    likelihood >= likelihoodMin && !isTooLittle
      ? {
          ...{ hour, count, expected: Number(expected.toPrecision(6)), direction: isAbove ? 'above' : 'below', likelihood },
          model: own !== undefined ? modelNames.young : (forecast?.model ?? modelNames.seasonal),
          standsAlone: own !== undefined,
        }
      : undefined
  const { ongoing, changes, opened } = courseAfter(state.ongoing, hour, unlikely)
  return { state: { seasonal: seasonal.state, young: young?.state ?? null, stream: withResidual(streamBefore(state, hour), Math.round(seasonal.residual * 1e3) / 1e3), ongoing }, changes, opened }
}

/** What a network is asked with about an hour; nothing when hours before it were left out. */
export function streamBefore({ stream }: WatchState, hour: number): ForecastStream {
  return stream.hour === hour - 1 ? stream : newForecastStream(hour - 1)
}

/** The count usual in an hour by what is known now; null while the series is too young. */
export function usualInHour({ seasonal }: WatchState, hour: number): number | null {
  const week = hourOfWeek(hour)
  const isKnown = seasonal.history[week]!.length > 0 && Number.isFinite(seasonal.profile.location[week]!) && hasProfile(seasonal)
  return isKnown ? Number(usualCount(seasonal.profile, week, seasonal.level).toPrecision(6)) : null
}

/** The profile is made once a day; before the second week it rests on one count an hour. */
function hasProfile({ history }: SeasonalState): boolean {
  return history.some((counts) => counts.length > 1)
}

/** The share of hours in which an event begins, as the seasonal model assumes it. */
const eventShare = 1 / 300
/** Ordinary noise reaches the alarm score once in so many values; the sum of surprises counts decades. */
const alarmDecades = 3
const surpriseAt = (score: number) => score / (1 - score)

/** ln odds of an event, by Bayes' rule: how seldom ordinary noise is as surprising, and how seldom events are. */
function logOddsOfSurprise(score: number): number {
  const decades = (alarmDecades * surpriseAt(score)) / surpriseAt(seriesAlarmScore)
  return Math.log(eventShare) + Math.LN10 * decades
}

function probability(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds))
}
