import { IANAZone } from 'luxon'
import { complain, fieldsOf, itemsOf, requiredText, textOf, type Place, type Reading } from './configuration-place.ts'
import type { TimeInterval } from './time-intervals.ts'

interface Range {
  readonly begin: number
  readonly end: number
}

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const months = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december']

/** The lists under `time_intervals` and the older `mute_time_intervals`, by name (docs/configuration.md, `<time_interval>`). */
export function readTimeIntervals(reading: Reading, places: readonly (Place | undefined)[]): ReadonlyMap<string, readonly TimeInterval[]> {
  const intervals = new Map<string, readonly TimeInterval[]>()
  for (const item of places.flatMap((place) => itemsOf(reading, place))) {
    const named = fieldsOf(reading, item, { fields: ['name', 'time_intervals'] })
    const name = named === undefined ? undefined : requiredText(reading, named, 'name', item)
    if (named === undefined || name === undefined) continue
    if (intervals.has(name)) complain(reading, named.get('name') ?? item, `the time interval '${name.slice(0, 100)}' is there twice`)
    intervals.set(name, itemsOf(reading, named.get('time_intervals')).flatMap((spec) => readInterval(reading, spec) ?? []))
  }
  return intervals
}

/** The IANA name of a zone of time, UTC where it is absent. */
export function readTimeZone(reading: Reading, place: Place | undefined): string {
  const zone = textOf(reading, place)
  if (zone === undefined || place === undefined) return 'UTC'
  if (zone.toLowerCase() === 'local') complain(reading, place, "'Local' is not supported: name the zone, such as Europe/Berlin")
  else if (!IANAZone.isValidZone(zone)) complain(reading, place, `'${zone.slice(0, 100)}' isn't a time zone of the IANA's`)
  else return zone
  return 'UTC'
}

function readInterval(reading: Reading, place: Place): TimeInterval | undefined {
  const spec = fieldsOf(reading, place, { fields: ['times', 'weekdays', 'days_of_month', 'months', 'years', 'location'] })
  if (spec === undefined) return undefined
  const ranges = (field: string, member: (text: string) => number | undefined, expected: string) =>
    itemsOf(reading, spec.get(field)).flatMap((item) => readRange(reading, item, member, expected) ?? [])
  return {
    times: itemsOf(reading, spec.get('times')).flatMap((item) => readTimes(reading, item) ?? []),
    weekdays: ranges('weekdays', (text) => indexIn(weekdays, text), 'a day of the week, such as monday'),
    daysOfMonth: itemsOf(reading, spec.get('days_of_month')).flatMap((item) => readDays(reading, item) ?? []),
    months: ranges('months', (text) => wholeWithin(text, 1, 12) ?? addOne(indexIn(months, text)), 'a month, such as may or 5'),
    years: ranges('years', (text) => wholeWithin(text, 0, 9_999), 'a year'),
    timeZone: readTimeZone(reading, spec.get('location')),
  }
}

/** `begin:end`, or one member alone. */
function readRange(reading: Reading, place: Place, member: (text: string) => number | undefined, expected: string): Range | undefined {
  const range = membersOf(reading, place, member, expected)
  return range !== undefined && range.begin > range.end ? complain(reading, place, 'ends before it begins') : range
}

function readDays(reading: Reading, place: Place): Range | undefined {
  const day = (text: string) => wholeWithin(text, 1, 31) ?? wholeWithin(text, -31, -1)
  const range = membersOf(reading, place, day, 'a day of the month, from 1 to 31 or from -31 to -1')
  if (range === undefined) return undefined
  const { begin, end } = range
  if (begin < 0 && end > 0) return complain(reading, place, 'what begins with a negative day has to end with one')
  // A February of 28 days is where the one is the least after the other.
  const least = (day: number) => (day < 0 ? 28 + day : day)
  return least(begin) > least(end) ? complain(reading, place, 'ends before it begins') : range
}

function membersOf(reading: Reading, place: Place, member: (text: string) => number | undefined, expected: string): Range | undefined {
  const text = textOf(reading, place)
  if (text === undefined) return undefined
  const [first = '', second = first, ...others] = text.toLowerCase().split(':')
  const begin = member(first.trim())
  const end = member(second.trim())
  if (begin === undefined || end === undefined || others.length > 0) return complain(reading, place, `expected ${expected}, or two of them with a colon between`)
  return { begin, end }
}

function readTimes(reading: Reading, place: Place): TimeInterval['times'][number] | undefined {
  const range = fieldsOf(reading, place, { fields: ['start_time', 'end_time'] })
  if (range === undefined) return undefined
  const startMinute = readMinute(reading, range, 'start_time', place)
  const endMinute = readMinute(reading, range, 'end_time', place)
  if (startMinute === undefined || endMinute === undefined) return undefined
  return startMinute < endMinute ? { startMinute, endMinute } : complain(reading, place, 'start_time has to be before end_time: what goes past midnight are two ranges')
}

function readMinute(reading: Reading, range: ReadonlyMap<string, Place>, field: string, within: Place): number | undefined {
  const text = requiredText(reading, range, field, within)
  if (text === undefined) return undefined
  const [, hours, minutes] = /^([01]\d|2[0-3]|24(?=:00)):([0-5]\d)$/.exec(text) ?? []
  return hours === undefined ? complain(reading, range.get(field) ?? within, 'expected a time of day from 00:00 to 24:00') : Number(hours) * 60 + Number(minutes)
}

function indexIn(names: readonly string[], name: string): number | undefined {
  const index = names.indexOf(name)
  return index === -1 ? undefined : index
}

function addOne(index: number | undefined): number | undefined {
  return index === undefined ? undefined : index + 1
}

function wholeWithin(text: string, min: number, max: number): number | undefined {
  const value = /^-?\d{1,4}$/.test(text) ? Number(text) : Number.NaN
  return value >= min && value <= max ? value : undefined
}
