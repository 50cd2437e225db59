import { expect, test } from '@jest/globals'
import { ScheduleError, turnAfter } from './turn-of-schedule.ts'

const after = new Date('2026-03-26T12:00:00Z')

test('a turn is by the clock of its time zone, summer time included', () => {
  expect(turnAfter('0 3 * * *', 'Europe/Berlin', after).toISOString()).toBe('2026-03-27T02:00:00.000Z')
  expect(turnAfter('0 3 * * 1', 'Europe/Berlin', after).toISOString()).toBe('2026-03-30T01:00:00.000Z')
  expect(turnAfter('0 3 * * *', 'UTC', after).toISOString()).toBe('2026-03-27T03:00:00.000Z')
})

test('a turn lies after the time it is asked for, also when that is itself a turn', () => {
  expect(turnAfter('0 12 * * *', 'UTC', after).toISOString()).toBe('2026-03-27T12:00:00.000Z')
})

test.each([
  ['61 * * * *', 'UTC', 'minute'],
  ['0 3 * *', 'UTC', '5 parts'],
  ['0 0 3 * * *', 'UTC', '5 parts'],
  ['0 0 30 2 *', 'UTC', 'never comes round'],
  ['*/5 * * * *', 'UTC', 'more than once an hour'],
  ['2026-12-01T00:00:00', 'UTC', '5 parts'],
  ['0 3 * * *', 'Mars/Olympus', 'time zone'],
])('%s in %s is refused, saying why', (cron, timeZone, reason) => {
  expect(() => turnAfter(cron, timeZone, after)).toThrow(ScheduleError)
  expect(() => turnAfter(cron, timeZone, after)).toThrow(reason)
})
