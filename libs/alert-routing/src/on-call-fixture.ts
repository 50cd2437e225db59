import fc from 'fast-check'
import type { OnCallSchedule, Rotation } from './configuration.ts'
import type { TimeInterval } from './time-intervals.ts'

export function aRotation(parts: Partial<Rotation> = {}): Rotation {
  return { start: '2026-01-05T09:00:00', shift: { count: 1, unit: 'weeks' }, receivers: ['ada', 'ben', 'cem'], activeTimeIntervals: [], ...parts }
}

export function aSchedule(parts: Partial<OnCallSchedule> = {}): OnCallSchedule {
  return { name: 'privacy', timeZone: 'Europe/Berlin', rotations: [aRotation()], overrides: [], ...parts }
}

export function anInterval(parts: Partial<TimeInterval> = {}): TimeInterval {
  return { times: [], weekdays: [], daysOfMonth: [], months: [], years: [], timeZone: 'Europe/Berlin', ...parts }
}

/** Zones whose clocks change by an hour, by half an hour, at midnight, or never, some of them half an hour off. */
export const someZone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Havana', 'Africa/Cairo', 'Asia/Kolkata', 'Asia/Kathmandu', 'Pacific/Apia', 'UTC')

const receiver = fc.constantFrom('ada', 'ben', 'cem', 'dia')
const range = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => ({ begin: Math.min(a, b), end: Math.max(a, b) }))
const someInterval: fc.Arbitrary<TimeInterval> = fc.record({
  times: fc.array(range(0, 1_440).filter(({ begin, end }) => begin < end).map(({ begin, end }) => ({ startMinute: begin, endMinute: end })), { maxLength: 2 }),
  weekdays: fc.array(range(0, 6), { maxLength: 2 }),
  daysOfMonth: fc.array(range(1, 31), { maxLength: 1 }),
  months: fc.constant([]),
  years: fc.constant([]),
  timeZone: someZone,
})

export const fromMs = Date.parse('2026-01-01T00:00:00Z')
const dayMs = 86_400_000
export const someMoment = fc.integer({ min: 0, max: 366 * 1_440 }).map((minute) => fromMs + minute * 60_000)

const someRotation: fc.Arbitrary<Rotation> = fc.record({
  // Times that clocks skip or show twice are among them.
  start: fc.constantFrom('2026-01-05T09:00:00', '2026-01-31T02:30:00', '2026-02-01T00:00:00', '2026-03-08T02:15:00', '2026-10-25T02:30:00', '2025-11-02T01:30:00'),
  shift: fc.record({ count: fc.integer({ min: 1, max: 3 }), unit: fc.constantFrom('hours', 'days', 'weeks') }).map(({ count, unit }) => ({ count: unit === 'hours' ? count * 7 : count, unit })),
  receivers: fc.array(receiver, { minLength: 1, maxLength: 4 }),
  activeTimeIntervals: fc.constantFrom([], ['some']),
})

export const someSchedule: fc.Arbitrary<OnCallSchedule> = fc.record({
  name: fc.constant('privacy'),
  timeZone: someZone,
  rotations: fc.array(someRotation, { maxLength: 3 }),
  overrides: fc.array(fc.record({ fromMs: someMoment, days: fc.integer({ min: 1, max: 20 }), receiver }).map(({ days, ...rest }) => ({ ...rest, untilMs: rest.fromMs + days * dayMs })), { maxLength: 3 }),
})

export const someTimeIntervals: fc.Arbitrary<ReadonlyMap<string, readonly TimeInterval[]>> = fc.array(someInterval, { minLength: 1, maxLength: 2 }).map((intervals) => new Map([['some', intervals]]))
