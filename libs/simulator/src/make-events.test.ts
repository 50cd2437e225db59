import { expect, test } from '@jest/globals'
import { checkViewerEvent } from '@ott/contracts/viewer-event'
import { makeEvents } from './make-events.ts'

const settings = { seed: 5, count: 2_000, subjects: 50, startsAt: '2026-03-02T04:00:00Z', source: 'urn:example:load' }

test('a load has as many valid events as asked for, about as many viewers, each event with an id of its own', () => {
  const events = [...makeEvents(settings)]
  for (const event of events) expect(checkViewerEvent(event, Date.parse(settings.startsAt))).toHaveProperty('ok', true)
  expect(events).toHaveLength(2_000)
  expect(new Set(events.map(({ id }) => id)).size).toBe(2_000)
  expect(new Set(events.map(({ subject }) => subject)).size).toBe(50)
  expect(new Set(events.map(({ type }) => type)).size).toBe(4)
  expect(new Set(events.map(({ source }) => source))).toEqual(new Set([settings.source]))
})

test.each([700, 1_000, 4_000])('every event of a load of %i bytes has that size within 6 percent', (bytesPerEvent) => {
  for (const event of makeEvents({ ...settings, count: 500, bytesPerEvent })) {
    expect(Math.abs(Buffer.byteLength(JSON.stringify(event)) - bytesPerEvent) / bytesPerEvent).toBeLessThan(0.06)
  }
})

test('the same settings give the same bytes, also when read twice; another seed gives others', () => {
  const load = makeEvents(settings)
  const bytes = JSON.stringify([...load])
  expect(JSON.stringify([...load])).toBe(bytes)
  expect(JSON.stringify([...makeEvents({ ...settings, seed: 6 })])).not.toBe(bytes)
})

test('events are in time order, at the interval asked for', () => {
  const times = [...makeEvents({ ...settings, count: 4, intervalMs: 250 })].map(({ time }) => time.slice(17))
  expect(times).toEqual(['00.000Z', '00.250Z', '00.500Z', '00.750Z'])
})

test('no ad of a load is personalised without consent, against an opt-out, or for a child', () => {
  const personalised = [...makeEvents(settings)].filter(({ data }) => data['personalised'] === true)
  expect(personalised.length).toBeGreaterThan(0)
  for (const { data } of personalised) expect([data.consent?.['ads'], data['gpc'], data['minor']]).toEqual([true, false, undefined])
})

test('settings out of range are refused', () => {
  expect(() => makeEvents({ ...settings, subjects: 0 })).toThrow(RangeError)
  expect(() => makeEvents({ ...settings, startsAt: 'soon' })).toThrow(RangeError)
})
