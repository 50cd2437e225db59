import { DateTime } from 'luxon'
import { complain, durationOf, fieldsOf, integerOf, isEmpty, itemsOf, nameIn, namesIn, requiredText, type Place, type Reading } from './configuration-place.ts'
import type { EscalationPolicy, EscalationStep, OnCallOverride, OnCallSchedule, Rotation } from './configuration.ts'
import { readTimeZone } from './read-time-intervals.ts'

/** Names that schedules and escalations may use. */
export interface DefinedForOnCall {
  readonly receivers: ReadonlySet<string>
  readonly timeIntervals: ReadonlySet<string>
}

/** The list under `on_call_schedules`: ours, beyond Alertmanager. */
export function readOnCallSchedules(reading: Reading, place: Place | undefined, defined: DefinedForOnCall): readonly OnCallSchedule[] {
  return namedItems(reading, place, ['time_zone', 'rotations', 'overrides']).map(({ name, fields, item }) => {
    if (!fields.has('time_zone')) complain(reading, item, 'time_zone is missing')
    const timeZone = readTimeZone(reading, fields.get('time_zone'))
    if (!fields.has('rotations')) complain(reading, item, 'rotations is missing')
    return {
      name,
      timeZone,
      rotations: itemsOf(reading, fields.get('rotations'), 50).flatMap((rotation) => readRotation(reading, rotation, defined) ?? []),
      overrides: itemsOf(reading, fields.get('overrides')).flatMap((override) => readOverride(reading, override, { timeZone, receivers: defined.receivers }) ?? []),
    }
  })
}

/** The list under `escalations`: ours, beyond Alertmanager. */
export function readEscalations(reading: Reading, place: Place | undefined, defined: { receivers: ReadonlySet<string>; schedules: ReadonlySet<string> }): readonly EscalationPolicy[] {
  return namedItems(reading, place, ['repeat', 'steps']).map(({ name, fields, item }) => {
    const steps = itemsOf(reading, fields.get('steps'), 50).flatMap((step) => readStep(reading, step, defined) ?? [])
    if (isEmpty(fields.get('steps'))) complain(reading, item, 'steps needs at least one')
    if (steps.some(({ afterMs }, index) => afterMs < (steps[index - 1]?.afterMs ?? 0))) complain(reading, item, 'steps have to stand in the order of their times')
    return { name, steps, repeat: integerOf(reading, fields.get('repeat'), { min: 0, max: 100 }) ?? 0 }
  })
}

interface Named {
  readonly name: string
  readonly fields: ReadonlyMap<string, Place>
  readonly item: Place
}

function namedItems(reading: Reading, place: Place | undefined, fields: readonly string[]): readonly Named[] {
  const names = new Set<string>()
  return itemsOf(reading, place).flatMap((item) => {
    const found = fieldsOf(reading, item, { fields: ['name', ...fields] })
    const name = found === undefined ? undefined : requiredText(reading, found, 'name', item)
    if (found === undefined || name === undefined) return []
    if (names.has(name)) complain(reading, found.get('name') ?? item, `'${name.slice(0, 100)}' is there twice`)
    names.add(name)
    return { name, fields: found, item }
  })
}

function readRotation(reading: Reading, place: Place, defined: DefinedForOnCall): Rotation | undefined {
  const fields = fieldsOf(reading, place, { fields: ['start', 'shift', 'receivers', 'active_time_intervals'] })
  if (fields === undefined) return undefined
  const start = requiredText(reading, fields, 'start', place)
  if (start !== undefined && !(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(start) && DateTime.fromISO(start, { zone: 'UTC' }).isValid)) {
    complain(reading, fields.get('start') ?? place, "expected a local time such as 2026-01-05T09:00:00: the zone is the schedule's")
  }
  const shift = readShift(reading, fields, place)
  const receivers = namesIn(reading, fields.get('receivers'), defined.receivers, 'receiver')
  if (receivers.length === 0) complain(reading, fields.get('receivers') ?? place, 'receivers needs at least one')
  const activeTimeIntervals = namesIn(reading, fields.get('active_time_intervals'), defined.timeIntervals, 'time interval')
  return start === undefined || shift === undefined ? undefined : { start, shift, receivers, activeTimeIntervals }
}

function readShift(reading: Reading, fields: ReadonlyMap<string, Place>, within: Place): Rotation['shift'] | undefined {
  const text = requiredText(reading, fields, 'shift', within)
  if (text === undefined) return undefined
  const [, count, unit = ''] = /^([1-9]\d{0,2})([hdw])$/.exec(text) ?? []
  if (count === undefined) return complain(reading, fields.get('shift') ?? within, 'expected hours, days or weeks, such as 12h, 1d or 1w')
  return { count: Number(count), unit: unit === 'h' ? 'hours' : unit === 'd' ? 'days' : 'weeks' }
}

function readOverride(reading: Reading, place: Place, { timeZone, receivers }: { timeZone: string; receivers: ReadonlySet<string> }): OnCallOverride | undefined {
  const fields = fieldsOf(reading, place, { fields: ['from', 'until', 'receiver'] })
  if (fields === undefined) return undefined
  const receiver = requiredText(reading, fields, 'receiver', place) === undefined ? undefined : nameIn(reading, fields.get('receiver'), receivers, 'receiver')
  const fromMs = readInstant(reading, fields, 'from', { within: place, timeZone })
  const untilMs = readInstant(reading, fields, 'until', { within: place, timeZone })
  if (receiver === undefined || fromMs === undefined || untilMs === undefined) return undefined
  return fromMs < untilMs ? { fromMs, untilMs, receiver } : complain(reading, place, 'from has to be before until')
}

/** A moment of RFC 3339, or a local time in the schedule's zone where it names no offset. */
function readInstant(reading: Reading, fields: ReadonlyMap<string, Place>, field: string, { within, timeZone }: { within: Place; timeZone: string }): number | undefined {
  const text = requiredText(reading, fields, field, within)
  if (text === undefined) return undefined
  const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?$/.test(text) ? DateTime.fromISO(text, { zone: timeZone }) : undefined
  return moment?.isValid === true ? moment.toMillis() : complain(reading, fields.get(field) ?? within, 'expected a time such as 2026-01-05T09:00:00Z')
}

function readStep(reading: Reading, place: Place, defined: { receivers: ReadonlySet<string>; schedules: ReadonlySet<string> }): EscalationStep | undefined {
  const fields = fieldsOf(reading, place, { fields: ['after', 'receivers', 'schedules'] })
  if (fields === undefined) return undefined
  if (!fields.has('after')) complain(reading, place, 'after is missing')
  const afterMs = durationOf(reading, fields.get('after'))
  const receivers = namesIn(reading, fields.get('receivers'), defined.receivers, 'receiver')
  const schedules = namesIn(reading, fields.get('schedules'), defined.schedules, 'on-call schedule')
  if (!fields.has('receivers') && !fields.has('schedules')) complain(reading, place, 'a step needs receivers or schedules')
  return afterMs === undefined ? undefined : { afterMs, receivers, schedules }
}
