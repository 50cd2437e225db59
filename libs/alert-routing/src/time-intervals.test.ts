import { expect, test } from '@jest/globals'
import { isTimeMuted, isWithin, type TimeInterval } from './time-intervals.ts'

const always: TimeInterval = { times: [], weekdays: [], daysOfMonth: [], months: [], years: [], timeZone: 'UTC' }
const isIn = (parts: Partial<TimeInterval>, at: string) => isWithin([{ ...always, ...parts }], Date.parse(at))

test('times begin with their first minute and end before their last', () => {
  const times = [{ startMinute: 9 * 60, endMinute: 17 * 60 }]
  expect(['08:59:59', '09:00:00', '16:59:59', '17:00:00'].map((time) => isIn({ times }, `2026-11-26T${time}Z`))).toEqual([false, true, true, false])
})

test('weekdays count from Sunday, and include both ends', () => {
  const weekdays = [{ begin: 0, end: 1 }]
  expect(['2026-11-21', '2026-11-22', '2026-11-23', '2026-11-24'].map((day) => isIn({ weekdays }, `${day}T12:00:00Z`))).toEqual([false, true, true, false])
})

test('negative days count from the end of the month, and days beyond it stop there', () => {
  expect(['2027-02-25', '2027-02-26', '2027-02-28', '2028-02-26'].map((day) => isIn({ daysOfMonth: [{ begin: -3, end: -1 }] }, `${day}T12:00:00Z`))).toEqual([false, true, true, false])
  expect(isIn({ daysOfMonth: [{ begin: 1, end: 31 }] }, '2027-02-28T12:00:00Z')).toBe(true)
  expect(isIn({ daysOfMonth: [{ begin: 29, end: 31 }] }, '2027-02-28T12:00:00Z')).toBe(false)
  expect(isIn({ daysOfMonth: [{ begin: -31, end: -1 }] }, '2027-02-01T12:00:00Z')).toBe(true)
})

test('every field that is given has to hold, and one interval of several is enough', () => {
  const may2026 = { months: [{ begin: 5, end: 5 }], years: [{ begin: 2026, end: 2026 }] }
  expect(isIn(may2026, '2026-05-01T00:00:00Z')).toBe(true)
  expect(isIn(may2026, '2027-05-01T00:00:00Z')).toBe(false)
  expect(isWithin([{ ...always, ...may2026 }, { ...always, years: [{ begin: 2027, end: 2027 }] }], Date.parse('2027-05-01T00:00:00Z'))).toBe(true)
  expect(isWithin([], 0)).toBe(false)
})

test('the clock of the zone counts, before and after it changes', () => {
  const berlin = { times: [{ startMinute: 540, endMinute: 1020 }], timeZone: 'Europe/Berlin' }
  expect(isIn(berlin, '2026-01-15T08:30:00Z')).toBe(true)
  expect(isIn(berlin, '2026-07-15T07:30:00Z')).toBe(true)
  expect(isIn(berlin, '2026-07-15T15:30:00Z')).toBe(false)
})

test('a route is muted within one of its mute intervals, or outside of all its active ones', () => {
  const intervals = new Map([['never', []], ['always', [always]]])
  const muted = (muteTimeIntervals: string[], activeTimeIntervals: string[]) => isTimeMuted({ muteTimeIntervals, activeTimeIntervals }, intervals, 0)
  expect(muted([], [])).toBe(false)
  expect(muted(['never', 'always'], [])).toBe(true)
  expect(muted(['never'], ['always'])).toBe(false)
  expect(muted([], ['never'])).toBe(true)
  expect(muted([], ['never', 'always'])).toBe(false)
})
