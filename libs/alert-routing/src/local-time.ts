import { DateTime } from 'luxon'

/** A local time as people write it in a schedule, in one zone. */
export function localTime(text: string, timeZone: string): DateTime {
  return settled(DateTime.fromISO(text, { zone: timeZone }))
}

/**
 * The same time of the clock so many days later, whatever clocks did in between (RFC 5545, section 3.3.5): where clocks
 * skip that time it comes as much later as they skip, where they show it twice the first one counts.
 */
export function plusDays(time: DateTime, days: number): DateTime {
  const { hour, minute, second, millisecond } = time
  // By way of UTC: there every local time is there once.
  const { year, month, day } = time.setZone('utc', { keepLocalTime: true }).plus({ days })
  return settled(DateTime.fromObject({ year, month, day, hour, minute, second, millisecond }, { zone: time.zone }))
}

/** Days of the calendar from one to the other; the time of the day doesn't count. */
export function daysBetween(from: DateTime, until: DateTime): number {
  return Math.round((Date.UTC(until.year, until.month - 1, until.day) - Date.UTC(from.year, from.month - 1, from.day)) / 86_400_000)
}

function settled(time: DateTime): DateTime {
  return time.isValid ? time.getPossibleOffsets().reduce((first, other) => (other < first ? other : first), time) : time
}
