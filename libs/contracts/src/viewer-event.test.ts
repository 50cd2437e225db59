import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { describeViewerEvent, privacyFields, type JsonSchema } from './describe-json-schema.ts'
import { describeProblems } from './result.ts'
import { checkViewerEvent, futureTimeMsMax } from './viewer-event.ts'
import { viewerEventTypes, type ViewerEventType } from './viewer-event-types.ts'

const receivedAtMs = Date.parse('2026-02-01T00:00:00Z')
const playback = {
  specversion: '1.0',
  id: 'e-1',
  source: '/players/tv',
  type: 'com.ott.playback.started.v1',
  subject: 'viewer-1',
  time: '2026-01-31T20:15:00Z',
  data: { contentId: 'm-1' },
}

function problemsOf(value: unknown): readonly { field: string; problem: string }[] {
  const checked = checkViewerEvent(value, receivedAtMs)
  return checked.ok ? [] : checked.problems
}
const fieldsOf = (value: unknown) => problemsOf(value).map(({ field }) => field)
const withData = (data: object) => ({ ...playback, data: { contentId: 'm-1', ...data } })

test.each(['specversion', 'id', 'source', 'type', 'subject', 'time', 'data'] as const)('a missing %s is named', (attribute) => {
  const { [attribute]: _absent, ...rest } = playback
  expect(fieldsOf(rest)).toEqual([attribute])
})

test.each(['specversion', 'id', 'source', 'type', 'subject', 'time', 'data', 'tenantid', 'traceparent', 'datacontenttype'])(
  'a %s of the wrong type is named',
  (attribute) => {
    for (const wrong of [7, true, null, ['x']]) expect(fieldsOf({ ...playback, [attribute]: wrong })).toEqual([attribute])
  },
)

test.each([[null], [7], ['text'], [[]], [[playback]]])('%j is no event', (value) => {
  expect(fieldsOf(value)).toEqual(['(body)'])
})

test.each([
  ['no time at all', 'yesterday'],
  ['30 February', '2026-02-30T00:00:00Z'],
  ['29 February of a common year', '2026-02-29T00:00:00Z'],
  ['month 13', '2025-13-01T00:00:00Z'],
  ['24:00', '2026-01-01T24:00:00Z'],
  ['no offset', '2026-01-01T00:00:00'],
  ['no seconds', '2026-01-01T00:00Z'],
  ['a date alone', '2026-01-01'],
  ['a space for the T', '2026-01-01 00:00:00Z'],
  ['year 0', '0000-01-01T00:00:00Z'],
  ['an instant before year 1', '0001-01-01T00:00:00+10:00'],
  ['an offset no database takes', '2026-01-01T00:00:00+16:00'],
  ['a fraction without end', `2026-01-01T00:00:00.${'1'.repeat(100)}Z`],
  ['more than a day ahead', new Date(receivedAtMs + futureTimeMsMax + 1).toISOString()],
])('a time of %s is named', (_what, time) => {
  expect(fieldsOf({ ...playback, time })).toEqual(['time'])
})

test.each([
  '2024-02-29T00:00:00Z',
  '2015-05-17T10:05:03+02:00',
  '2026-01-31T20:15:00.123456789Z',
  new Date(receivedAtMs + futureTimeMsMax).toISOString(),
])('the time %s is taken', (time) => expect(fieldsOf({ ...playback, time })).toEqual([]))

test.each([
  '1.2.3.256',
  '1.2.3',
  '01.2.3.4',
  '1.2.3.4\n',
  '0x7f.1',
  ':::',
  '1::2::3',
  '2001:db8:::1',
  'fe80::1%eth0',
  '[::1]',
  '::1/64',
  '12345::',
  'localhost',
  '',
])('the address %j is named as bad', (ip) =>
  expect(problemsOf(withData({ ip }))).toEqual([{ field: 'data.ip', problem: 'must be an IPv4 or IPv6 address' }]),
)

test('every IPv4 and IPv6 address is taken', () => {
  fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (ip) => expect(fieldsOf(withData({ ip }))).toEqual([])))
})

test.each(['0.3', '1.1', '2.0', '1', 1, ''])('the specversion %j is named', (specversion) => {
  expect(problemsOf({ ...playback, specversion })).toEqual([{ field: 'specversion', problem: 'must be "1.0"' }])
})

test.each(['com.ott.playback.begun.v1', 'com.ott.playback.started.v2', '__proto__', 'toString', 'constructor', 'x'.repeat(256)])(
  'the type %s is not in the catalogue and is named',
  (type) =>
    expect(problemsOf({ ...playback, type })).toEqual([{ field: 'type', problem: expect.stringContaining('is not in the catalogue') }]),
)

test.each([
  ['a tenant of the wrong form', { ...playback, tenantid: '../acme' }, 'tenantid'],
  ['a broken traceparent', { ...playback, traceparent: '00-abc' }, 'traceparent'],
  ['another media type', { ...playback, datacontenttype: 'text/xml' }, 'datacontenttype'],
  ['an empty subject', { ...playback, subject: '' }, 'subject'],
  ['a subject that is too long', { ...playback, subject: 'x'.repeat(257) }, 'subject'],
  ['a missing field of its type', { ...playback, data: {} }, 'data.contentId'],
  ['a field of the wrong type', withData({ minor: 'yes' }), 'data.minor'],
  ['a latitude off the globe', withData({ location: { latitude: 91, longitude: 0 } }), 'data.location.latitude'],
  ['a country in words', withData({ country: 'Germany' }), 'data.country'],
  ['consent that is no yes or no', withData({ consent: { ads: 'maybe' } }), 'data.consent.ads'],
  ['NaN', withData({ location: { latitude: Number.NaN, longitude: 0 } }), 'data.location.latitude'],
])('%s is named', (_what, event, field) => {
  expect(fieldsOf(event)).toEqual([field])
})

test('all that is wrong is told at once, up to 20 problems', () => {
  expect(fieldsOf({ ...playback, specversion: '2', subject: 7, time: 'x' })).toEqual(['specversion', 'subject', 'time'])
  const consent = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`p${n}`, 'maybe']))
  expect(problemsOf(withData({ consent }))).toHaveLength(20)
})

test('unknown attributes and fields pass through untouched, at every level', () => {
  const event = {
    ...withData({ player: { build: [1, null] }, location: { latitude: 1, longitude: 2, accuracyM: 30 } }),
    partitionkey: 'k',
    myextension: 'x',
  }
  expect(checkViewerEvent(event, receivedAtMs)).toEqual({ ok: true, value: event })
  const shared = {
    ...playback,
    type: 'com.ott.viewing-history.shared.v1',
    data: { recipient: 'adnet', vppaConsent: { given: true, form: 'F-7' } },
  }
  expect(checkViewerEvent(shared, receivedAtMs)).toEqual({ ok: true, value: shared })
})

test('counts that are absent stand for one', () => {
  expect(checkViewerEvent({ ...playback, type: 'com.ott.signin.failed.v1', data: {} }, receivedAtMs)).toMatchObject({
    ok: true,
    value: { data: { attempts: 1 } },
  })
})

/** Required fields of a type with plausible values, so that what is wrong is the personal field alone. */
function plausibleData(type: ViewerEventType): Record<string, unknown> {
  const data = describeViewerEvent(type).schema.properties?.['data'] as JsonSchema & { required?: string[] }
  const plausible = ({ type: kind, enum: choices, items, format, maximum }: JsonSchema): unknown =>
    Array.isArray(choices)
      ? choices[0]
      : kind === 'string'
        ? format === 'date-time'
          ? '2026-01-31T20:00:00Z'
          : 'x'
        : kind === 'boolean'
          ? true
          : kind === 'array'
            ? [plausible(items ?? {})]
            : typeof maximum === 'number' ? Math.min(200, maximum) : 200
  return Object.fromEntries((data.required ?? []).map((name) => [name, plausible(data.properties?.[name] ?? {})]))
}

test.each(Object.keys(viewerEventTypes) as ViewerEventType[])('%s: plausible required fields are enough', (type) => {
  expect(problemsOf({ ...playback, type, data: plausibleData(type) })).toEqual([])
})

const personalFields = privacyFields().filter(({ event, field }) => event in viewerEventTypes && !field.includes('['))

test('a problem never quotes the value of a personal field', () => {
  const marker = 'ada.lovelace-4711'
  const values = fc.constantFrom<unknown>(marker.repeat(1_000), { [marker]: marker }, { latitude: marker, longitude: marker }, [[marker]], {
    marker,
  })
  fc.assert(
    fc.property(fc.constantFrom(...personalFields), values, ({ event, field }, value) => {
      const type = event as ViewerEventType
      const data = plausibleData(type)
      const [, name] = field.split('.')
      const sent =
        name === undefined ? { ...playback, type, data, [field]: value } : { ...playback, type, data: { ...data, [name]: value } }
      const problems = problemsOf(sent)
      expect(problems.length).toBeGreaterThan(0)
      expect(problems[0]?.field).toContain(field)
      expect(JSON.stringify(problems) + describeProblems(problems)).not.toContain(marker)
    }),
    { numRuns: 1_000 },
  )
})

test('no value whatsoever makes it throw', () => {
  const attribute = fc.anything({ withNullPrototype: false })
  const hostile = fc.record(
    Object.fromEntries(Object.keys(playback).map((name) => [name, fc.oneof(attribute, fc.constant(playback[name as 'id']))])),
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.oneof(attribute, hostile), (value) => expect(typeof checkViewerEvent(value, receivedAtMs).ok).toBe('boolean')),
    { numRuns: 1_000 },
  )
})
