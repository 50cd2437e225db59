import type { RiskFactorName } from '@ott/contracts/event-scored'
import { appendEvent, emptySequence, type EventSequence } from './event-sequence.ts'
import { addToWindows, amountWithin, windowedFactors, type FactorWindow, type WindowRings } from './factor-windows.ts'
import { greatCircleKm } from './great-circle.ts'
import type { Observation } from './observation.ts'
import { riskFactors, windows, type FactorValues } from './risk-factors.ts'
import { addToRing, emptyRing, windowOf, type TimeRing } from './time-ring.ts'

/**
 * What is remembered of one viewer: plain JSON of bounded size, never changed in place. `place` is sensitive
 * personal data (Cal. Civ. Code § 1798.140(ae)), so a saved profile is to be protected like the events it comes from.
 */
export interface RiskProfile {
  /** Event time the viewer has reached, ms since the epoch; see {@link advance}. */
  readonly clockMs: number
  /** The latest hour of event time in which the viewer was seen, hours since the epoch. */
  readonly lessonHour: number
  /** Event time of the last correct sign-in, ms since the epoch. */
  readonly signedInMs: number | null
  /** Where the viewer was located last: latitude and longitude to 0.01° (about 1 km), ms since the epoch. */
  readonly place: readonly [number, number, number] | null
  readonly consentChanges: TimeRing
  readonly findings: TimeRing
  readonly records: TimeRing
  readonly signInFailures: TimeRing
  readonly speedsKmh: TimeRing
  readonly requests: TimeRing
  readonly errors: TimeRing
  /** The same amounts over 1 h, 24 h and 7 d. Profiles saved before there were any have none: theirs fill from then on. */
  readonly windows?: WindowRings
  /** How long the viewer is known; see {@link experienceOf}. */
  readonly seen?: Experience
  /** The last events in the order of their arrival; absent in profiles saved before there were any. */
  readonly recent?: EventSequence
}

/** How much was seen of a viewer, to trust its figures by. */
export interface Experience {
  readonly events: number
  /** Hours of event time in which it was seen, each later than any before; what {@link lessonOf} goes by. */
  readonly hours: number
}

const hourMs = 3_600_000

/** How late an event may be and still be judged at its viewer's clock. */
const latenessMsMax = hourMs

/** With fewer requests in the hour the rate is taken over this many: one error of one request isn't 100 %. */
const requestsMin = 20

/** Locators err by this much; a shorter way is no journey. */
const distanceKmMin = 100

/** Times are only as good as their producers' clocks: a journey takes at least this long, so a speed is always finite. */
const journeyMsMin = 60_000

/** Up to this many failures before a correct sign-in are a viewer who mistyped. */
const forgivenFailuresMax = riskFactors.signInFailures.outlierFrom - 1

/**
 * Adds one event to a viewer's profile.
 * Each amount goes into the bucket of its own time, so order doesn't matter to the counts and late events count where
 * they belong. Nothing is dropped because of a later time stamp: an event from the future waits in its own bucket.
 * @param atMs event time, ms since the epoch
 * @throws RangeError when `atMs` isn't a finite number
 */
export function observe(profile: RiskProfile | undefined, seen: Observation, atMs: number): RiskProfile {
  if (!Number.isFinite(atMs)) throw new RangeError('the event time must be a finite number of milliseconds')
  const { place, recent, speed } = traceAfter(profile, seen, atMs)
  return {
    clockMs: profile === undefined ? atMs : advance(profile.clockMs, atMs),
    lessonHour: profile === undefined ? hourOf(atMs) : Math.max(profile.lessonHour, hourOf(atMs)),
    signedInMs: seen.signedIn ? advance(profile?.signedInMs ?? atMs, atMs) : (profile?.signedInMs ?? null),
    place,
    consentChanges: addToRing(profile?.consentChanges ?? emptyRing, windows.consentChanges, atMs, seen.consentChanges),
    findings: addToRing(profile?.findings ?? emptyRing, windows.findings, atMs, seen.findings),
    records: addToRing(profile?.records ?? emptyRing, windows.records, atMs, seen.records),
    signInFailures: addToRing(profile?.signInFailures ?? emptyRing, windows.signInFailures, atMs, seen.signInFailures),
    speedsKmh: addToRing(profile?.speedsKmh ?? emptyRing, windows.speedsKmh, atMs, speed),
    requests: addToRing(profile?.requests ?? emptyRing, windows.requests, atMs, seen.requests),
    errors: addToRing(profile?.errors ?? emptyRing, windows.errors, atMs, seen.errors),
    windows: addToWindows(profile?.windows, { ...seen, speedsKmh: speed }, atMs),
    seen: {
      events: (profile?.seen?.events ?? 0) + 1,
      hours: (profile?.seen?.hours ?? 0) + (profile?.seen === undefined || hourOf(atMs) > profile.lessonHour ? 1 : 0),
    },
    ...(recent === undefined ? {} : { recent }),
  }
}

/** The part of a profile that only follows: where the viewer was last, and what it did last. */
export type Trace = Pick<RiskProfile, 'place' | 'recent'>

/** A viewer's trace after one more event, with the speed of the journey to it: the same as {@link observe} makes it, for a fraction of the work. */
export function traceAfter(trace: Trace | undefined, seen: Observation, atMs: number): Trace & { readonly speed: number } {
  const place = trace?.place ?? null
  const speed = speedKmh(place, seen.location, atMs)
  return {
    place: seen.location === undefined ? place : movedTo(place, seen.location, atMs),
    recent: appendEvent(trace?.recent ?? emptySequence, { atMs, observation: seen, speedKmh: speed }),
    speed,
  }
}

/**
 * The six factors of a viewer. `pastViolations` includes the findings of the event observed last.
 * @param nowMs event time of the event that is judged, ms since the epoch. When the viewer's clock is up to an hour
 *   ahead of it, the windows end at the clock: an attack whose events arrive out of order adds up all the same.
 */
export function factorsOf(profile: RiskProfile, nowMs: number): FactorValues {
  const asOfMs = windowEnd(profile, nowMs)
  const requests = windowOf(profile.requests, windows.requests, asOfMs)
  return {
    consentChanges: windowOf(profile.consentChanges, windows.consentChanges, asOfMs),
    pastViolations: windowOf(profile.findings, windows.findings, asOfMs),
    dataAccess: windowOf(profile.records, windows.records, asOfMs),
    signInFailures: unforgivenFailures(profile, asOfMs),
    impossibleTravel: windowOf(profile.speedsKmh, windows.speedsKmh, asOfMs),
    errorRate: rateOf(windowOf(profile.errors, windows.errors, asOfMs), requests),
  }
}

/**
 * The six factors over each of `factorWindows`, on the factors' scales: 18 columns, named by `windowedFactorNames`.
 * Exact in event time but for the bucket in which a window begins (2 minutes, of travel 10; an hour; six hours). Over an
 * hour a correct sign-in forgives as in {@link factorsOf}; longer windows count every failure.
 * @param nowMs as for {@link factorsOf}
 */
export function windowedFactorsOf(profile: RiskProfile, nowMs: number): Float64Array {
  const columns = windowedValuesOf(profile, nowMs)
  for (const [column, { name }] of windowedFactors.entries()) columns[column] = riskFactors[name].scaled(columns[column]!)
  return columns
}

/** The same columns in the factors' own units, counted over the column's window. */
export function windowedValuesOf(profile: RiskProfile, nowMs: number): Float64Array {
  const asOfMs = windowEnd(profile, nowMs)
  const columns = new Float64Array(windowedFactors.length)
  for (const [column, { name, window }] of windowedFactors.entries()) columns[column] = valueWithin[name](profile, window, asOfMs)
  return columns
}

/** How much was seen of a viewer. Of a profile saved before it was counted: since then. */
export function experienceOf(profile: RiskProfile): Experience {
  return profile.seen ?? { events: 0, hours: 0 }
}

const valueWithin: Readonly<Record<RiskFactorName, (profile: RiskProfile, window: FactorWindow, asOfMs: number) => number>> = {
  consentChanges: (profile, window, asOfMs) => amountWithin(profile, 'consentChanges', window, asOfMs),
  pastViolations: (profile, window, asOfMs) => amountWithin(profile, 'findings', window, asOfMs),
  dataAccess: (profile, window, asOfMs) => amountWithin(profile, 'records', window, asOfMs),
  signInFailures: (profile, window, asOfMs) => (window === '1h' ? unforgivenFailures(profile, asOfMs) : amountWithin(profile, 'signInFailures', window, asOfMs)),
  impossibleTravel: (profile, window, asOfMs) => amountWithin(profile, 'speedsKmh', window, asOfMs),
  errorRate: (profile, window, asOfMs) => rateOf(amountWithin(profile, 'errors', window, asOfMs), amountWithin(profile, 'requests', window, asOfMs)),
}

/** Where a viewer's windows end when it is looked at as of `nowMs`. */
function windowEnd({ clockMs }: RiskProfile, nowMs: number): number {
  const aheadMs = clockMs - nowMs
  return aheadMs >= 0 && aheadMs <= latenessMsMax ? clockMs : nowMs
}

function rateOf(errors: number, requests: number): number {
  return Math.min(1, errors / Math.max(requests, requestsMin))
}

/**
 * What a viewer may teach the baseline when an event at `atMs` arrives, to be asked before {@link observe}: the factors
 * as the viewer's last active hour left them, on the first event of a later hour than any before, otherwise undefined.
 * So a subject weighs at most once per hour of event time, however many events it sends and whatever their times are.
 */
export function lessonOf(profile: RiskProfile | undefined, atMs: number): FactorValues | undefined {
  return profile !== undefined && hourOf(atMs) > profile.lessonHour ? factorsOf(profile, profile.clockMs) : undefined
}

/**
 * A clock that follows event time. An event up to an hour late leaves it; one that is later than that moves it back to
 * itself, so that a single event from the future can't make everything after it look late for ever.
 */
function advance(clockMs: number, atMs: number): number {
  return atMs >= clockMs || clockMs - atMs > latenessMsMax ? atMs : clockMs
}

function hourOf(atMs: number): number {
  return Math.floor(atMs / hourMs)
}

/** A correct sign-in forgives the failures of the hour before it while they are few; five and more stay, guessed right or not. */
function unforgivenFailures(profile: RiskProfile, asOfMs: number): number {
  const failures = windowOf(profile.signInFailures, windows.signInFailures, asOfMs)
  if (failures === 0 || profile.signedInMs === null || profile.signedInMs > asOfMs) return failures
  const beforeSignIn = windowOf(profile.signInFailures, windows.signInFailures, asOfMs, profile.signedInMs)
  return beforeSignIn <= forgivenFailuresMax ? failures - beforeSignIn : failures
}

/** The latest place, by the rule of {@link advance}; of two at the same time, the one that arrived last. */
function movedTo(place: RiskProfile['place'], to: NonNullable<Observation['location']>, atMs: number): RiskProfile['place'] {
  if (place !== null && advance(place[2], atMs) !== atMs) return place
  return [roundToHundredth(to.latitude), roundToHundredth(to.longitude), atMs]
}

function roundToHundredth(degrees: number): number {
  return Math.round(degrees * 100) / 100
}

/** Speed between two located events, in whole km/h, in whichever order they came; 0 when there was no journey. */
function speedKmh(from: RiskProfile['place'], to: Observation['location'], atMs: number): number {
  if (from === null || to === undefined) return 0
  const distanceKm = greatCircleKm(from[0], from[1], to.latitude, to.longitude)
  if (distanceKm <= distanceKmMin) return 0
  return Math.round(distanceKm / (Math.max(journeyMsMin, Math.abs(atMs - from[2])) / hourMs))
}
