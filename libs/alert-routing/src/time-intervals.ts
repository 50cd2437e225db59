import { DateTime } from 'luxon'

/** Times that recur. A field that is absent puts no bound; ranges of minutes end before their end, the others include it. */
export interface TimeInterval {
  readonly times: readonly { readonly startMinute: number; readonly endMinute: number }[]
  /** 0 is Sunday. */
  readonly weekdays: readonly { readonly begin: number; readonly end: number }[]
  /** Negative ones count from the month's end: -1 is its last day. */
  readonly daysOfMonth: readonly { readonly begin: number; readonly end: number }[]
  readonly months: readonly { readonly begin: number; readonly end: number }[]
  readonly years: readonly { readonly begin: number; readonly end: number }[]
  /** IANA name of the zone; UTC where none is given. */
  readonly timeZone: string
}

/** Whether the moment lies within at least one of the intervals, each read on the clock of its own zone (docs/configuration.md, `<time_interval_spec>`). */
export function isWithin(intervals: readonly TimeInterval[], nowMs: number): boolean {
  return intervals.some((interval) => contains(interval, DateTime.fromMillis(nowMs, { zone: interval.timeZone })))
}

/**
 * Whether a route sends nothing now for the time it is: within one of its mute intervals, or outside of all its active ones.
 *
 * @param timeIntervals of the configuration, by name
 */
export function isTimeMuted(
  route: { readonly muteTimeIntervals: readonly string[]; readonly activeTimeIntervals: readonly string[] },
  timeIntervals: ReadonlyMap<string, readonly TimeInterval[]>,
  nowMs: number,
): boolean {
  const isNowIn = (name: string) => isWithin(timeIntervals.get(name) ?? [], nowMs)
  return route.muteTimeIntervals.some(isNowIn) || (route.activeTimeIntervals.length > 0 && !route.activeTimeIntervals.some(isNowIn))
}

function contains({ times, weekdays, daysOfMonth, months, years }: TimeInterval, local: DateTime): boolean {
  const minute = local.hour * 60 + local.minute
  const daysInMonth = local.daysInMonth ?? 31
  return (
    (times.length === 0 || times.some(({ startMinute, endMinute }) => minute >= startMinute && minute < endMinute)) &&
    isInOne(weekdays, local.weekday % 7) &&
    isInOne(months, local.month) &&
    isInOne(years, local.year) &&
    // What reaches past a month's end stops there: 29:31 is no day in a February of 28.
    isInOne(daysOfMonth.map((days) => ({ begin: dayOf(days.begin, daysInMonth), end: dayOf(days.end, daysInMonth) })), local.day)
  )
}

function isInOne(ranges: readonly { readonly begin: number; readonly end: number }[], value: number): boolean {
  return ranges.length === 0 || ranges.some(({ begin, end }) => value >= begin && value <= end)
}

function dayOf(day: number, daysInMonth: number): number {
  return day < 0 ? daysInMonth + day + 1 : day
}
