import { learnAt, noProfile, usualAt, type DayProfile } from './day-profile.ts'
import { afterRest, rested, type Refractory } from './refractory.ts'
import { deviation, learnLevel, noLevel, type RunningLevel } from './running-level.ts'
import { checkedValue } from './series-value.ts'
import { emptyTail, learnMagnitude, surprise, type TailHistogram } from './tail-histogram.ts'

/** The ways in which a value of a series can be strange. */
export const seriesTraits = ['timeOfDay', 'level', 'calm'] as const
export type SeriesTrait = (typeof seriesTraits)[number]

/** All that is remembered of one series: plain JSON of bounded size, never changed in place. */
export interface SeriesState {
  readonly profile: DayProfile
  readonly level: RunningLevel
  /** How much the series usually moves from one value to the next. */
  readonly movement: RunningLevel
  /** The latest values, in the order they came. */
  readonly recent: readonly number[]
  readonly tails: Readonly<Record<SeriesTrait, TailHistogram>>
  readonly refractory: Refractory
}

export interface SeriesJudgement {
  readonly state: SeriesState
  /** 0 (as ever) to below 1. See `seriesAlarmScore`. */
  readonly score: number
  /** What each trait adds; the parts sum to the score. */
  readonly parts: Readonly<Record<SeriesTrait, number>>
}

export const emptySeries: SeriesState = {
  profile: noProfile,
  level: noLevel,
  movement: noLevel,
  recent: [],
  tails: { timeOfDay: emptyTail, level: emptyTail, calm: emptyTail },
  refractory: rested,
}

/** A score from which people are told. Plain independent noise reaches it about once in a thousand values, heavy tails twice. */
export const seriesAlarmScore = 0.45

/** The level fades over some thousand values, three days at five minutes. */
const fade = 0.001
const meanOver = 8
const calmOver = 48

/** Once in ten values is nobody's surprise, and would only add noise to the sum. */
const ordinary = 1

/** The surprise that scores one half. */
const middling = 3

/**
 * Judges one value of a metric by the values before it, then learns it. Three magnitudes are looked at:
 * - `timeOfDay`: how far the value is from what is usual at its half hour;
 * - `level`: how far the mean of the latest 8 is from the long mean, in standard deviations;
 * - `calm`: how much less than usual the series moved over the latest 48, which finds what is stuck.
 *
 * Each is measured against its own history ([surprise](tail-histogram.ts)), so that no scale and no threshold is assumed.
 * What exceeds one decade is summed, as Fisher (1925) combines p-values, and an event already told is damped ([refractory](refractory.ts)).
 * @param atMs when the value was taken; equal and earlier times than before are allowed
 * @throws RangeError for a value or a time that is no finite number within range
 */
export function judgeValue(state: SeriesState, atMs: number, value: number): SeriesJudgement {
  checkedValue(atMs, value)
  const recent = state.recent.length > calmOver ? [...state.recent.slice(1), value] : [...state.recent, value]
  const mean = meanOfLast(recent, meanOver)
  const usual = usualAt(state.profile, atMs)
  const magnitudes: Record<SeriesTrait, number | undefined> = {
    timeOfDay: usual === undefined ? undefined : Math.abs(value - usual),
    level: deviation(state.level, mean),
    calm: recent.length > calmOver && state.movement.count >= 2 * calmOver ? calmness(recent, state.movement.mean) : undefined,
  }

  const surprises = { timeOfDay: 0, level: 0, calm: 0 }
  const tails = { ...state.tails }
  let sum = 0
  for (const trait of seriesTraits) {
    const magnitude = magnitudes[trait]
    if (magnitude === undefined) continue
    surprises[trait] = Math.max(0, surprise(tails[trait], magnitude) - ordinary)
    sum += surprises[trait]
    tails[trait] = learnMagnitude(tails[trait], magnitude)
  }

  const { state: refractory, share } = afterRest(state.refractory, sum)
  const score = scoreOf(sum * share)
  const part = (trait: SeriesTrait) => (sum === 0 ? 0 : (score * surprises[trait]) / sum)
  const previous = state.recent.at(-1)
  return {
    state: {
      profile: learnAt(state.profile, atMs, value),
      level: learnLevel(state.level, mean, fade),
      movement: previous === undefined ? state.movement : learnLevel(state.movement, Math.abs(value - previous), fade),
      recent,
      tails,
      refractory,
    },
    score,
    parts: { timeOfDay: part('timeOfDay'), level: part('level'), calm: part('calm') },
  }
}

/** Surprise on a scale from 0 to below 1: it rises with it everywhere, so any threshold on one is a threshold on the other. */
export function scoreOf(surpriseSum: number): number {
  return surpriseSum / (surpriseSum + middling)
}

/** Usual movement to recent movement: 1 is as ever, 100 stands still. */
function calmness(recent: readonly number[], usual: number): number {
  if (usual === 0) return 1
  let moved = 0
  for (let index = 1; index < recent.length; index += 1) moved += Math.abs(recent[index]! - recent[index - 1]!)
  return usual / (moved / (recent.length - 1) + usual / 100)
}

function meanOfLast(values: readonly number[], count: number): number {
  const first = Math.max(0, values.length - count)
  let sum = 0
  for (let index = first; index < values.length; index += 1) sum += values[index]!
  return sum / (values.length - first)
}
