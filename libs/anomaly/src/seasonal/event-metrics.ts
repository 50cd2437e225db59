import { rocAuc } from '../rank-metrics.ts'
import { eventsIn, type HourSpan } from './event-extraction.ts'
import { hoursPerWeek } from './hour-of-week.ts'

/** Scores of one series' successive hours, and the events that are known to lie in them. */
export interface LabelledSeries {
  readonly scores: ArrayLike<number>
  readonly events: readonly HourSpan[]
}

export interface EventFigures {
  /** Share of hours that are rightly taken for part of an event or for none, each hour by itself: finding one hour of an event doesn't count for its others. */
  readonly pointAccuracy: number
  /** Area under the ROC curve over all hours of all series. NaN when there are no events, or nothing else. */
  readonly auc: number
  /** Harmonic mean of the share of events found that touch a true one, and of true ones that are touched. 0 when none is found, or none is there. */
  readonly eventF1: number
  /** Events found that touch no true one, per series and week. */
  readonly falseEventsPerSeriesWeek: number
}

/** How well the events found at a threshold agree with the true ones, without point adjustment (Kim et al. 2022 on what that does to figures). */
export function eventFigures(series: readonly LabelledSeries[], threshold: number): EventFigures {
  const scores = series.flatMap((one) => Array.from(one.scores))
  const labels = series.flatMap(({ events, scores: { length } }) => Array.from(hoursWithin(events, length)))
  return { ...operatingFigures(series, threshold), auc: rocAuc({ scores, labels }) }
}

/** Those of the figures that depend on the threshold. */
export function operatingFigures(series: readonly LabelledSeries[], threshold: number): Omit<EventFigures, 'auc'> {
  let hours = 0
  let right = 0
  let found = 0
  let foundRightly = 0
  let there = 0
  let noticed = 0
  for (const { scores, events } of series) {
    const claimed = eventsIn(scores, threshold)
    const claims = hoursWithin(claimed, scores.length)
    const truths = hoursWithin(events, scores.length)
    hours += scores.length
    right += claims.reduce((sum, claim, hour) => sum + (claim === truths[hour] ? 1 : 0), 0)
    found += claimed.length
    foundRightly += claimed.filter((claim) => events.some((event) => overlap(claim, event))).length
    there += events.length
    noticed += events.filter((event) => claimed.some((claim) => overlap(claim, event))).length
  }
  const precision = found === 0 ? 0 : foundRightly / found
  const recall = there === 0 ? 0 : noticed / there
  return {
    pointAccuracy: right / hours,
    eventF1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall),
    falseEventsPerSeriesWeek: (found - foundRightly) / (hours / hoursPerWeek),
  }
}

function overlap(one: HourSpan, other: HourSpan): boolean {
  return one.start < other.end && other.start < one.end
}

/** 1 for the hours of events, 0 for others. */
function hoursWithin(events: readonly HourSpan[], hours: number): Uint8Array {
  const within = new Uint8Array(hours)
  for (const { start, end } of events) within.fill(1, start, end)
  return within
}
