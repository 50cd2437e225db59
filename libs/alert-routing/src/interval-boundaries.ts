import { DateTime } from 'luxon'
import { plusDays } from './local-time.ts'
import type { TimeInterval } from './time-intervals.ts'

/**
 * Every moment after one and before another at which an interval may begin or end, in no order: days and times of its own
 * clock, and the moments at which that clock is set forward or back.
 */
export function* intervalBoundaries(interval: TimeInterval, fromMs: number, untilMs: number): Generator<number> {
  let midnight: DateTime = DateTime.fromMillis(fromMs, { zone: interval.timeZone }).startOf('day')
  while (midnight.toMillis() < untilMs) {
    const next = plusDays(midnight, 1).startOf('day')
    for (const moment of momentsOfDay(interval, midnight, next)) if (moment > fromMs && moment < untilMs) yield moment
    midnight = next
  }
}

function* momentsOfDay({ times }: TimeInterval, midnight: DateTime, next: DateTime): Generator<number> {
  for (const minute of [0, ...times.flatMap(({ startMinute, endMinute }) => [startMinute, endMinute])]) {
    if (minute >= 1_440) continue
    // Where clocks are set back, a time is there twice.
    for (const time of midnight.set({ hour: Math.floor(minute / 60), minute: minute % 60 }).getPossibleOffsets()) yield time.toMillis()
  }
  if (midnight.offset !== next.offset) yield changeOfClock(midnight, next)
}

/** Zones change at full minutes, and at most once a day. */
function changeOfClock(before: DateTime, after: DateTime): number {
  let [earlier, later] = [before.toMillis(), after.toMillis()]
  while (later - earlier > 60_000) {
    const middle = Math.floor((earlier + later) / 2 / 60_000) * 60_000
    if (before.zone.offset(middle) === before.offset) earlier = middle
    else later = middle
  }
  return later
}
