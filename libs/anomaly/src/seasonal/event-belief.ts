import { stabilised } from './count-scale.ts'

/** How likely it is that a series is as usual, in an event of too many, or in one of too few. Sums to 1. */
export interface EventBelief {
  readonly usual: number
  readonly high: number
  readonly low: number
}

/** ln likelihood of an hour's count in each state, up to a term that all three share. */
export type HourLikelihood = Readonly<Record<keyof EventBelief, number>>

export const noEvent: EventBelief = { usual: 1, high: 0, low: 0 }

/** Hours between events, and of an event, on average. */
const hoursBetween = 300
const hoursWithin = 10
const enter = 1 / hoursBetween
const leave = 1 / hoursWithin
/** Within an event that shifts the shape of the day, too many turns to too few and back. */
const turn = 0.05
const stay = 1 - leave - turn

/** The ln of the factor by which an event changes the count; each is as likely. */
const highChanges = [0.25, 0.45, 0.7, 1.1, 1.7, 2.6]
const lowChanges = [-0.3, -0.6, -1, -1.7, -3]
/** How exactly one of them describes an hour, in standard deviations of an ordinary hour. */
const changeSpread = 1.2

/** A series of which nothing is expected still shows what comes: events multiply no less than this. */
const expectedCountMin = 0.5

/** Ordinary hours that are wilder than normal noise, and how wild. */
const wildShare = 0.01
const wildSpread = 2.5

/** No hour says more than this against a state. */
const densityMin = 1e-60

export interface HourEvidence {
  readonly count: number
  /** Where the count is expected, and its standard deviation, on the stabilised scale. */
  readonly expected: number
  readonly spread: number
  readonly expectedCount: number
  readonly dispersion: number
}

/**
 * How well each state explains an hour. What an event would show is worked out at the count expected, so that a quiet hour, in
 * which a drop can't be seen, doesn't speak against one.
 */
export function hourLikelihood({ count, expected, spread, expectedCount, dispersion }: HourEvidence): HourLikelihood {
  const residual = (stabilised(count, dispersion) - expected) / spread
  const base = Math.max(expectedCount, expectedCountMin)
  const place = stabilised(base, dispersion)
  const changed = (changes: readonly number[], side: 1 | -1) => {
    let sum = 0
    for (const [index, change] of changes.entries()) {
      const missing = side * ((stabilised(base * Math.exp(change), dispersion) - place) / spread - residual)
      // Beyond the largest change there is no end: what is wilder still isn't more ordinary.
      sum += density(index === changes.length - 1 ? Math.max(0, missing) : missing, changeSpread)
    }
    return Math.log(sum / changes.length + densityMin)
  }
  const usual = (1 - wildShare) * density(residual, 1) + wildShare * density(residual, wildSpread)
  return { usual: Math.log(usual + densityMin), high: changed(highChanges, 1), low: changed(lowChanges, -1) }
}

/** Goes on by one hour: the forward recursion of a hidden Markov model (Rabiner 1989) with the three states. */
export function nextBelief(before: EventBelief, hour: HourLikelihood): EventBelief {
  const within = before.high + before.low
  return updated({
    usual: before.usual * (1 - enter) + within * leave,
    high: before.usual * (enter / 2) + before.high * stay + before.low * turn,
    low: before.usual * (enter / 2) + before.low * stay + before.high * turn,
  }, hour)
}

/** What an hour's belief becomes when the hours after it are known as well, oldest first: the backward recursion. */
export function settledBelief(belief: EventBelief, after: readonly HourLikelihood[]): EventBelief {
  let ahead: HourLikelihood = { usual: 0, high: 0, low: 0 }
  for (const hour of after.toReversed()) {
    const seen = updated({ usual: Math.exp(ahead.usual), high: Math.exp(ahead.high), low: Math.exp(ahead.low) }, hour)
    ahead = {
      usual: Math.log(seen.usual * (1 - enter) + (seen.high + seen.low) * (enter / 2)),
      high: Math.log(seen.usual * leave + seen.high * stay + seen.low * turn),
      low: Math.log(seen.usual * leave + seen.low * stay + seen.high * turn),
    }
  }
  return updated(belief, ahead)
}

/** ln of how much likelier an event is than none; finite. */
export function eventLogOdds({ usual, high, low }: EventBelief): number {
  return Math.log(Math.max(high + low, Number.MIN_VALUE)) - Math.log(Math.max(usual, Number.MIN_VALUE))
}

/** Bayes' rule; the largest likelihood is taken out first, so that nothing underflows as a whole. */
function updated(prior: EventBelief, hour: HourLikelihood): EventBelief {
  const most = Math.max(hour.usual, hour.high, hour.low)
  const usual = prior.usual * Math.exp(hour.usual - most)
  const high = prior.high * Math.exp(hour.high - most)
  const low = prior.low * Math.exp(hour.low - most)
  const sum = usual + high + low
  return { usual: usual / sum, high: high / sum, low: low / sum }
}

function density(value: number, deviation: number): number {
  return Math.exp(-0.5 * (value / deviation) ** 2) / (deviation * Math.sqrt(2 * Math.PI))
}
