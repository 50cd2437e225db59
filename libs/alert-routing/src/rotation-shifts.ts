import { DateTime } from 'luxon'
import type { Rotation } from './configuration.ts'
import { daysBetween, localTime, plusDays } from './local-time.ts'

const hourMs = 3_600_000

/** The shifts of a rotation, numbered from 0 on. */
export interface RotationShifts {
  /** When a shift begins; the one before ends then. */
  readonly startMs: (shift: number) => number
  /** Which shift it is at a moment; negative before the first. */
  readonly shiftAt: (nowMs: number) => number
}

/** Shifts of days and weeks begin at the same time of the local clock, those of hours after as many hours that pass. */
export function rotationShifts({ start, shift }: Rotation, timeZone: string): RotationShifts {
  const first = localTime(start, timeZone)
  if (shift.unit === 'hours') {
    const lengthMs = shift.count * hourMs
    return { startMs: (number) => first.toMillis() + number * lengthMs, shiftAt: (nowMs) => Math.floor((nowMs - first.toMillis()) / lengthMs) }
  }
  const days = shift.count * (shift.unit === 'weeks' ? 7 : 1)
  const startMs = (number: number) => (number === 0 ? first : plusDays(first, number * days)).toMillis()
  return {
    startMs,
    shiftAt(nowMs) {
      const sameDay = Math.floor(daysBetween(first, DateTime.fromMillis(nowMs, { zone: timeZone })) / days)
      // The day is that of a handover, but its hour hasn't come.
      return nowMs < startMs(sameDay) ? sameDay - 1 : sameDay
    },
  }
}
