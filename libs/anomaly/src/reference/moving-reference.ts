import { defaultThreshold, riskOf } from '../calibrate.ts'
import { seededRandom } from '../seeded-random.ts'

/**
 * Which rows have come into a detector's reference since it was fitted, and which may come next. Never changes: each step gives the next one, so the same
 * rows and times give the same reference. Holds at most as many rows as the reference has, and two shares of it that are on their way.
 */
export interface MovingReference {
  /** Of the model whose reference moves: another begins anew. */
  readonly version: number
  /** Hours since the epoch, by the latest receipt. */
  readonly hour: number
  /** By lot among those that were offered since rows were last taken. */
  readonly gathered: readonly Float64Array[]
  /** How many were let in to that lot. */
  readonly offered: number
  /** How many rows over the operating point may be let in now, and how many that broke a rule. */
  readonly alarmsLeft: number
  readonly flaggedLeft: number
  /** Taken, and in force from the next hour on: until then there is time to prepare for them. */
  readonly due: readonly Float64Array[]
  /** In force, the longest known first. */
  readonly added: readonly Float64Array[]
  readonly day: number
  readonly replacedToday: number
  /** Rows replaced since the model was fitted, those that were replaced again included. */
  readonly replaced: number
  /** When rows last came into force, ms since the epoch; null: never yet. */
  readonly renewedAtMs: number | null
}

export interface ReferenceRules {
  /** Rows of the reference. */
  readonly capacity: number
  /** Share of ordinary rows that reach the operating point. */
  readonly falseAlarmRate: number
  /** Share of the fitted reference's rows that broke a rule. */
  readonly flaggedShare: number
  readonly seed: number
}

/** What a viewer's hour came to. */
export interface OfferedRow {
  readonly row: Float64Array
  /** By the model as it is now, 0 to 1. */
  readonly risk: number
  /** A rule was broken in that hour. */
  readonly isFlagged: boolean
}

/** A 32nd of the reference is replaced at once, at most every other hour and a tenth a day. */
const stepShare = 1 / 32
const dayShare = 0.1
/** For each row that is taken so many must have been offered: who wants to choose them needs as many viewers. */
const offeredPerRow = 4
/**
 * Rows over the operating point are let in up to three times the stated rate, and none with twice its surprise. With fewer, false alarms of drifting rows
 * outrun the calibration; with more, or with what is clearly an alarm, somebody who is one could raise the operating point.
 */
const alarmsPerRate = 3
const clearAlarm = riskOf(2, Math.exp(-1))
/** What wasn't used may be saved up to so many rows. */
const leftMax = 2

const hourMs = 3_600_000
const hoursOfDay = 24

/** How many rows are replaced at once. */
export const stepRows = ({ capacity }: Pick<ReferenceRules, 'capacity'>): number => Math.max(1, Math.floor(capacity * stepShare))

/** The most rows that are replaced in a day (UTC, by receipt). */
export const dayRows = ({ capacity }: Pick<ReferenceRules, 'capacity'>): number => Math.max(1, Math.floor(capacity * dayShare))

export function beginReference(version: number, atMs: number): MovingReference {
  const hour = Math.floor(atMs / hourMs)
  return { version, hour, gathered: [], offered: 0, alarmsLeft: 1, flaggedLeft: 1, due: [], added: [], day: Math.floor(hour / hoursOfDay), replacedToday: 0, replaced: 0, renewedAtMs: null }
}

/**
 * With one more row to choose from (Vitter 1985, algorithm R). What is an alarm or broke a rule is let in as seldom as it was among ordinary rows: left out
 * altogether, it would be stranger each time, and each calibration would call the next most unusual rows alarms.
 */
export function offerRow(reference: MovingReference, { row, risk, isFlagged }: OfferedRow, rules: ReferenceRules): MovingReference {
  const alarmsLeft = Math.min(leftMax, reference.alarmsLeft + alarmsPerRate * rules.falseAlarmRate)
  const flaggedLeft = Math.min(leftMax, reference.flaggedLeft + rules.flaggedShare)
  const isAlarm = risk >= defaultThreshold
  if ((isAlarm && (risk >= clearAlarm || alarmsLeft < 1)) || (isFlagged && flaggedLeft < 1)) return { ...reference, alarmsLeft, flaggedLeft }
  const offered = reference.offered + 1
  const next = { ...reference, offered, alarmsLeft: alarmsLeft - (isAlarm ? 1 : 0), flaggedLeft: flaggedLeft - (isFlagged ? 1 : 0) }
  if (reference.gathered.length < stepRows(rules)) return { ...next, gathered: [...reference.gathered, row] }
  // A generator of its own for each draw: nothing of it has to be remembered.
  const place = seededRandom(rules.seed + Math.imul(offered, 0x9e3779b1) + reference.replaced).below(offered)
  return place < reference.gathered.length ? { ...next, gathered: reference.gathered.with(place, row) } : next
}

/** As of an event's receipt. Once an hour what is due comes into force; what was gathered becomes due, when there is enough of it and the day has room. */
export function passTime(reference: MovingReference, atMs: number, rules: ReferenceRules): MovingReference {
  const hour = Math.floor(atMs / hourMs)
  // A time that is no number passes nothing, either.
  if (!(hour > reference.hour)) return reference
  const { due, gathered, offered } = reference
  const day = Math.floor(hour / hoursOfDay)
  const renewed: MovingReference = {
    ...reference,
    ...{ hour, day, replacedToday: day === reference.day ? reference.replacedToday : 0 },
    ...(due.length === 0 ? {} : { due: [], added: [...reference.added, ...due].slice(-rules.capacity), replaced: reference.replaced + due.length, renewedAtMs: hour * hourMs }),
  }
  const isReady = due.length === 0 && gathered.length >= stepRows(rules) && offered >= offeredPerRow * stepRows(rules)
  if (!isReady || renewed.replacedToday + gathered.length > dayRows(rules)) return renewed
  return { ...renewed, due: gathered, gathered: [], offered: 0, replacedToday: renewed.replacedToday + gathered.length }
}
