import { relativeSlope, stabilised, unstabilised } from './count-scale.ts'
import { eventLogOdds, hourLikelihood, nextBelief, noEvent, settledBelief, type EventBelief, type HourLikelihood } from './event-belief.ts'
import { hourOfWeek, hoursPerWeek, usualCount, weekProfile, weeksMin, weeksMax, type WeekHistory, type WeekProfile } from './hour-of-week.ts'

/** What is known of one hourly series: plain JSON of bounded size (about 13 KB), never changed in place. */
export interface SeasonalState {
  /** The last hour judged, in hours since 1970. */
  readonly hour: number
  /** Counts without the level: divided by e^level of their time. */
  readonly history: WeekHistory
  readonly profile: WeekProfile
  /** ln of how far the series has moved from its profile, and how well that is known. */
  readonly level: number
  readonly information: number
  /** The last day: it doesn't move the level yet, oldest first. */
  readonly unlearned: readonly LevelLesson[]
  readonly belief: EventBelief
  /** What was counted and what was usual since the event that goes on began. */
  readonly ongoing: { readonly hours: number; readonly counted: number; readonly usual: number }
  /** The hours that later ones may still put right, oldest first. */
  readonly unsettled: readonly UnsettledHour[]
}

interface LevelLesson {
  readonly residual: number
  readonly slope: number
}

interface UnsettledHour {
  readonly hour: number
  readonly belief: EventBelief
  readonly likelihood: HourLikelihood
}

/** What another model says of an hour beyond its hour of the week, in standard deviations of the latter. */
export interface HourForecast {
  /** How far above the hour of the week the count is expected. */
  readonly shift: number
  /** Standard deviation of the count about that. */
  readonly spread: number
}

export const noForecast: HourForecast = { shift: 0, spread: 1 }

/** An hour with what is thought of it. */
export interface HourVerdict {
  readonly hour: number
  /** ln odds that the hour belongs to an event. */
  readonly logOdds: number
}

export interface HourJudgement {
  readonly state: SeasonalState
  /** The count expected, a forecast included. NaN while the series is too young. */
  readonly expectedCount: number
  /** How many standard deviations the count lies above what the hour of the week says, without a forecast. NaN while the series is too young. */
  readonly residual: number
  /** At once; undefined while the series is too young: before {@link weeksMin} weeks. */
  readonly verdict: HourVerdict | undefined
  /** The verdict on the hour {@link settleHours} before, now that it is known how it went on. */
  readonly settled: HourVerdict | undefined
}

/** An hour's verdict is final after so many more. */
export const settleHours = 3

/** A level that has changed is half learned after this many hours; an event of up to a day never while it lasts. */
const levelHalfLifeHours = 120
const levelLagHours = 24
/** A wild hour teaches the level no more than one this far out. */
const lessonMax = 2
/** Information that the level is unchanged, before anything was seen. */
const levelPrior = 1_000
const levelDecay = 0.5 ** (1 / levelHalfLifeHours)

/** An event that has lasted for a week is none: its level is the usual one now. */
const ongoingHoursMax = 168
const notOngoing = { hours: 0, counted: 0, usual: 0 }
/** The level stays within a factor of a thousand. */
const levelMax = Math.log(1_000)

/** The profile is made anew once a day. */
const profileEveryHours = 24

/** A series of which nothing is known. @param hour the hour before the first to be judged, in hours since 1970 */
export function youngSeries(hour: number): SeasonalState {
  const history = Array.from({ length: hoursPerWeek }, () => [])
  return { hour, history, profile: weekProfile(history), level: 0, information: levelPrior, unlearned: [], belief: noEvent, ongoing: notOngoing, unsettled: [] }
}

/**
 * Judges the count of an hour and learns from it. Hours come in order; one without events is judged with count 0. Hours left out
 * are taken for unknown: the belief starts anew.
 *
 * @throws RangeError when the hour isn't after the last one, or the count no number from 0
 */
export function judgeHour(state: SeasonalState, hour: number, count: number, forecast: HourForecast = noForecast): HourJudgement {
  if (!Number.isSafeInteger(hour) || hour <= state.hour) throw new RangeError(`hour ${hour} isn't after hour ${state.hour}`)
  if (!(count >= 0 && count < Infinity)) throw new RangeError(`${count} is no count`)
  if (hour > state.hour + 1) return judgeHour({ ...state, hour: hour - 1, unlearned: [], belief: noEvent, ongoing: notOngoing, unsettled: [] }, hour, count, forecast)
  const week = hourOfWeek(hour)
  if (state.history[week]!.length < weeksMin) {
    const learned = learnedCount(state, hour, week, count)
    return { state: { ...learned, belief: noEvent, unsettled: [] }, expectedCount: NaN, residual: NaN, verdict: undefined, settled: undefined }
  }
  const { profile } = state
  const { dispersion } = profile
  const spread = profile.spread[week]!
  const usual = usualCount(profile, week, state.level)
  const place = stabilised(usual, dispersion)
  const residual = (stabilised(count, dispersion) - place) / spread
  const expected = place + forecast.shift * spread
  const expectedCount = forecast.shift === 0 ? usual : unstabilised(expected, dispersion)
  const likelihood = hourLikelihood({ count, expected, spread: spread * forecast.spread, expectedCount, dispersion })
  const belief = nextBelief(state.belief, likelihood)
  const unsettled = [...state.unsettled, { hour, belief, likelihood }]
  const learned = learnedLevel(learnedCount(state, hour, week, count), { residual, slope: relativeSlope(usual, dispersion) })
  return {
    state: { ...withOngoing(learned, belief, count, usual), unsettled: unsettled.slice(-settleHours) },
    expectedCount,
    residual,
    verdict: { hour, logOdds: eventLogOdds(belief) },
    settled: unsettled.length > settleHours ? settledVerdict(unsettled) : undefined,
  }
}

/** What can be said by now of the hours whose verdict isn't final yet. */
export function unsettledVerdicts({ unsettled }: SeasonalState): HourVerdict[] {
  return unsettled.map((_, index) => settledVerdict(unsettled.slice(index)))
}

function settledVerdict([first, ...after]: readonly UnsettledHour[]): HourVerdict {
  return { hour: first!.hour, logOdds: eventLogOdds(settledBelief(first!.belief, after.map(({ likelihood }) => likelihood))) }
}

function learnedCount(state: SeasonalState, hour: number, week: number, count: number): SeasonalState {
  const history = state.history.slice()
  history[week] = [...history[week]!, withoutLevel(count, state.level)].slice(-weeksMax)
  return { ...state, hour, history, profile: hour % profileEveryHours === 0 ? weekProfile(history) : state.profile }
}

/** Otherwise the level would be learned twice: at once, and again when the weeks at it are the most. To three digits, to keep the state short. */
function withoutLevel(count: number, level: number): number {
  return level === 0 ? count : Number((count * Math.exp(-level)).toPrecision(4))
}

/** An event that goes on and on becomes the level. */
function withOngoing(state: SeasonalState, belief: EventBelief, count: number, usual: number): SeasonalState {
  if (eventLogOdds(belief) < 0) return { ...state, belief, ongoing: notOngoing }
  const ongoing = { hours: state.ongoing.hours + 1, counted: state.ongoing.counted + count, usual: state.ongoing.usual + usual }
  if (ongoing.hours < ongoingHoursMax) return { ...state, belief, ongoing }
  return { ...state, belief: noEvent, ongoing: notOngoing, unlearned: [], level: bounded(state.level + Math.log((ongoing.counted + 1) / (ongoing.usual + 1)), levelMax) }
}

function bounded(value: number, most: number): number {
  return Math.max(-most, Math.min(most, value))
}

/** Least squares of the residuals on what a change of level would do to them, old ones forgotten exponentially, wild ones cut (Huber 1964). */
function learnedLevel(state: SeasonalState, lesson: LevelLesson): SeasonalState {
  const unlearned = [...state.unlearned, lesson]
  if (unlearned.length <= levelLagHours) return { ...state, unlearned }
  const { residual, slope } = unlearned.shift()!
  const information = state.information * levelDecay + slope * slope
  const level = bounded(state.level + (slope * bounded(residual, lessonMax)) / (information + levelPrior), levelMax)
  return { ...state, unlearned, information, level }
}
