import type { OnCallSchedule, Rotation } from './configuration.ts'
import { intervalBoundaries } from './interval-boundaries.ts'
import { rotationShifts } from './rotation-shifts.ts'
import { isWithin, type TimeInterval } from './time-intervals.ts'

/** A time during which one receiver is on call. It ends before `untilMs`. */
export interface Shift {
  readonly receiver: string
  readonly fromMs: number
  readonly untilMs: number
}

type TimeIntervals = ReadonlyMap<string, readonly TimeInterval[]>

const weekMs = 7 * 86_400_000
/** How far ahead is looked: what comes later than a year from now, nobody plans by. */
const lookAheadMs = 366 * 86_400_000
/** So many ends of shifts and of time intervals are looked at: schedules are what tenants write. */
const boundariesMax = 2_000
const shiftsMax = 1_000

/**
 * Who is on call at a moment; undefined where nobody is. Overrides count first, then rotations, of each the later in the
 * configuration before the earlier.
 */
export function onCallAt(schedule: OnCallSchedule, timeIntervals: TimeIntervals, nowMs: number): string | undefined {
  return readSchedule(schedule, timeIntervals)(nowMs)
}

/**
 * When somebody else comes on call, or nobody is any more; undefined where that isn't within a year, or after more than
 * 2,000 ends of shifts and time intervals that change nothing.
 */
export function nextHandoverMs(schedule: OnCallSchedule, timeIntervals: TimeIntervals, nowMs: number): number | undefined {
  const receiverAt = readSchedule(schedule, timeIntervals)
  const current = receiverAt(nowMs)
  for (const moment of boundaries(schedule, timeIntervals, nowMs, nowMs + lookAheadMs)) if (receiverAt(moment) !== current) return moment
  return undefined
}

/**
 * Who is on call when, in order: shifts don't overlap, and times at which nobody is are left out. Of a time longer than a
 * year its first year, and at most 1,000 shifts or as many as come of 2,000 ends of shifts and time intervals.
 */
export function shiftsBetween(schedule: OnCallSchedule, timeIntervals: TimeIntervals, fromMs: number, untilMs: number): readonly Shift[] {
  const receiverAt = readSchedule(schedule, timeIntervals)
  const endMs = Math.min(untilMs, fromMs + lookAheadMs)
  if (!(fromMs < endMs)) return []
  const shifts: Shift[] = []
  let begun = { receiver: receiverAt(fromMs), fromMs }
  const found = [...boundaries(schedule, timeIntervals, fromMs, endMs)]
  const moments = found.length < boundariesMax ? [...found, endMs] : found
  const knownUntilMs = moments.at(-1) ?? endMs
  for (const moment of moments) {
    const receiver = moment < knownUntilMs ? receiverAt(moment) : undefined
    if (receiver === begun.receiver) continue
    if (begun.receiver !== undefined) shifts.push({ receiver: begun.receiver, fromMs: begun.fromMs, untilMs: moment })
    if (shifts.length === shiftsMax) return shifts
    begun = { receiver, fromMs: moment }
  }
  return shifts
}

/** Reads the schedule once, to ask it often. */
function readSchedule({ rotations, overrides, timeZone }: OnCallSchedule, timeIntervals: TimeIntervals): (nowMs: number) => string | undefined {
  const turns = rotations.map((rotation) => ({ rotation, shifts: rotationShifts(rotation, timeZone) })).reverse()
  return (nowMs) => {
    const override = overrides.findLast(({ fromMs, untilMs }) => fromMs <= nowMs && nowMs < untilMs)
    if (override !== undefined) return override.receiver
    for (const { rotation, shifts } of turns) {
      if (!isActive(rotation, timeIntervals, nowMs)) continue
      const shift = shifts.shiftAt(nowMs)
      if (shift >= 0) return rotation.receivers[shift % rotation.receivers.length]
    }
    return undefined
  }
}

function isActive({ activeTimeIntervals }: Rotation, timeIntervals: TimeIntervals, nowMs: number): boolean {
  return activeTimeIntervals.length === 0 || activeTimeIntervals.some((name) => isWithin(timeIntervals.get(name) ?? [], nowMs))
}

/** Every moment after one and before another at which somebody else may come on call, in order; the first 2,000. */
function* boundaries(schedule: OnCallSchedule, timeIntervals: TimeIntervals, fromMs: number, untilMs: number): Generator<number> {
  let count = 0
  // Week by week: mostly the next handover is near.
  for (let weekFromMs = fromMs; weekFromMs < untilMs; weekFromMs += weekMs) {
    for (const moment of boundariesOfStretch(schedule, timeIntervals, weekFromMs, Math.min(weekFromMs + weekMs + 1, untilMs))) {
      if (count === boundariesMax) return
      count += 1
      yield moment
    }
  }
}

function boundariesOfStretch(schedule: OnCallSchedule, timeIntervals: TimeIntervals, fromMs: number, untilMs: number): readonly number[] {
  const moments = new Set(schedule.overrides.flatMap((override) => [override.fromMs, override.untilMs]))
  const intervals = new Set(schedule.rotations.flatMap(({ activeTimeIntervals }) => activeTimeIntervals.flatMap((name) => timeIntervals.get(name) ?? [])))
  for (const interval of intervals) for (const moment of intervalBoundaries(interval, fromMs, untilMs)) moments.add(moment)
  for (const rotation of schedule.rotations) {
    const { startMs, shiftAt } = rotationShifts(rotation, schedule.timeZone)
    for (let shift = Math.max(0, shiftAt(fromMs) + 1); startMs(shift) < untilMs; shift += 1) moments.add(startMs(shift))
  }
  return [...moments].filter((moment) => moment > fromMs && moment < untilMs).sort((a, b) => a - b)
}
