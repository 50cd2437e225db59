import { expect, test } from '@jest/globals'
import { countsIn, eventsIn, readHourlySeries } from './read-hourly-series.ts'

const events = (change: object = {}) =>
  JSON.stringify({ hours: 10, train_hours: 4, start: '2026-01-05T00:00:00Z (Monday), hourly', events: [[{ start: 4, end: 6, type: 'burst' }], []], ...change })

test('counts and events are read; the end of an event is the hour after it', () => {
  expect(countsIn('c.csv', 'u0,u1\r\n1,2\r\n3,4\r\n')).toEqual({
    names: ['u0', 'u1'],
    rows: [
      [1, 2],
      [3, 4],
    ],
  })
  expect(eventsIn('e.json', events(), 2)).toEqual({ hours: 10, trainHours: 4, start: 490_992, events: [[{ start: 4, end: 6 }], []] })
})

test.each([
  ['', 'c.csv, line 1: no name'],
  ['u0,u1\n', 'c.csv: no counts'],
  ['u0,u1\n1,2\n3\n', 'c.csv, line 3: 1 columns, not the 2 of line 1'],
  ['u0,u1\n1,x\n', "c.csv, line 2, u1: 'x' is no count"],
  ['u0,u1\n1,\n', "c.csv, line 2, u1: '' is no count"],
  ['u0,u1\n1,-2\n', "c.csv, line 2, u1: '-2' is no count"],
])('counts that are none are refused by line and series: %j', (text, message) => {
  expect(() => countsIn('c.csv', text)).toThrow(message)
})

test.each([
  ['{', 'e.json: no JSON'],
  ['null', 'e.json: hours'],
  [events({ train_hours: 10 }), 'e.json: train_hours'],
  [events({ start: 'Monday' }), "e.json: start: 'Monday' is no full hour"],
  [events({ start: '2026-01-05T00:30:00Z' }), 'is no full hour'],
  [events({ events: [[]] }), 'e.json: events: no list for each of the 2 series'],
  [events({ events: [[], 5] }), 'e.json: events[1]: no list'],
  [events({ events: [[], [{ start: 8, end: 11 }]] }), "e.json: events[1][0]: from 8 to 11 isn't within hours 4 to 10"],
  [events({ events: [[], [{ start: 2, end: 5 }]] }), "from 2 to 5 isn't within"],
  [events({ events: [[{ start: 6, end: 6 }], []] }), "events[0][0]: from 6 to 6 isn't within"],
])('events that are none are refused by field', (text, message) => {
  expect(() => eventsIn('e.json', text, 2)).toThrow(message)
})

test('a folder that is not there is named', async () => {
  await expect(readHourlySeries('/nowhere/at-all')).rejects.toThrow(/\/nowhere\/at-all\/counts\.csv can't be read/)
})
