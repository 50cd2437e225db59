import { expect, test } from '@jest/globals'
import { CloudEvent, HTTP, Kafka } from 'cloudevents'
import fc from 'fast-check'
import { readCloudEvents, type Binding } from './cloud-event-binding.ts'
import { checkViewerEvent } from './viewer-event.ts'

const event = {
  specversion: '1.0',
  id: 'e-1',
  source: '/players/tv',
  type: 'com.ott.playback.started.v1',
  subject: 'viewer-1',
  time: '2026-01-31T20:15:00.000Z',
  tenantid: 'acme',
  datacontenttype: 'application/json',
  data: { contentId: 'm-1', country: 'DE' },
}
const built = new CloudEvent(event)

function headersOf(headers: object): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value === undefined ? undefined : String(value)]),
  )
}

function read(binding: Binding, headers: object, body: unknown) {
  return readCloudEvents(headersOf(headers), Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), binding)
}

function readOne(binding: Binding, headers: object, body: unknown): unknown {
  const result = read(binding, headers, body)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  expect(result.value).toHaveLength(1)
  return result.value[0]
}

const withoutMediaType = (value: unknown) => ({ ...(value as object), datacontenttype: undefined })

const structured = HTTP.structured(built)
const binary = HTTP.binary(built)
const kafkaStructured = Kafka.structured(built)
const kafkaBinary = Kafka.binary(built)
test.each<[string, Binding, object, unknown]>([
  ['HTTP structured', 'http', structured.headers, structured.body],
  ['HTTP binary', 'http', binary.headers, binary.body],
  ['Kafka structured', 'kafka', kafkaStructured.headers, kafkaStructured.value],
  ['Kafka binary', 'kafka', kafkaBinary.headers, kafkaBinary.value],
])('a message of the official SDK in %s mode is read to the same event', (_mode, binding, headers, body) => {
  const value = readOne(binding, headers, body)
  expect(withoutMediaType(value)).toEqual(withoutMediaType(event))
  expect(checkViewerEvent(value, Date.parse(event.time))).toMatchObject({ ok: true, value: { id: 'e-1', data: { contentId: 'm-1' } } })
})

test('a batch is read in order', () => {
  const batch = [built, new CloudEvent({ ...event, id: 'e-2' })]
  const result = read('http', { 'content-type': 'application/cloudevents-batch+json; charset=utf-8' }, JSON.stringify(batch))
  expect(result).toEqual({ ok: true, value: [event, { ...event, id: 'e-2' }] })
})

test('what is read from structured mode, the SDK reads alike', () => {
  const back = HTTP.toEvent({ headers: structured.headers, body: structured.body }) as CloudEvent
  expect(readOne('http', structured.headers, structured.body)).toEqual(back.toJSON())
})

const json = { 'content-type': 'application/json' }
const attributes = { 'ce-specversion': '1.0', 'ce-id': 'e', 'ce-source': '/s', 'ce-type': 't' }

test('plain JSON holds an event or an array of them', () => {
  expect(readOne('http', json, event)).toEqual(event)
  expect(read('http', json, [event, event])).toEqual({ ok: true, value: [event, event] })
  expect(readOne('http', {}, event)).toEqual(event)
})

test('an array in structured mode and an object in batch mode are refused', () => {
  expect(read('http', { 'content-type': 'application/cloudevents+json' }, [event])).toMatchObject({ ok: false })
  expect(read('http', { 'content-type': 'application/cloudevents-batch+json' }, event)).toMatchObject({ ok: false })
})

test('the content type decides before a stray ce- header does', () => {
  expect(readOne('http', { ...attributes, 'content-type': 'application/cloudevents+json' }, event)).toEqual(event)
})

test('any text survives the percent-encoding of the HTTP binding', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('\0') && text.isWellFormed()),
      (text) => {
        expect(readOne('http', { ...json, ...attributes, 'ce-subject': encodeURIComponent(text) }, {})).toMatchObject({ subject: text })
      },
    ),
  )
})

test('Kafka headers are taken as they are, without percent-decoding', () => {
  const headers = { ...json, ce_specversion: '1.0', ce_subject: '100%25' }
  expect(readOne('kafka', headers, {})).toMatchObject({ subject: '100%25' })
})

test('quoted header values of older senders are unescaped', () => {
  expect(readOne('http', { ...json, ...attributes, 'ce-subject': '"a \\"b\\" %E2%82%AC"' }, {})).toMatchObject({ subject: 'a "b" €' })
})

test.each([
  ['broken percent-encoding', 'http', { 'ce-subject': '%zz' }, 'ce-subject'],
  ['percent-encoding that is no UTF-8', 'http', { 'ce-subject': '%ff' }, 'ce-subject'],
  ['NUL, percent-encoded', 'http', { 'ce-subject': 'a%00b' }, 'ce-subject'],
  ['NUL in a Kafka header', 'kafka', { ce_specversion: '1.0', ce_subject: 'a\0b' }, 'ce_subject'],
  ['data as a header', 'http', { 'ce-data': '{}' }, 'ce-data'],
  ['__proto__ as a header', 'http', { 'ce-__proto__': 'x' }, 'ce-__proto__'],
  ['an attribute name with a hyphen', 'http', { 'ce-tenant-id': 'x' }, 'ce-tenant-id'],
] as const)('%s is refused by name of the header', (_what, binding, headers, field) => {
  expect(read(binding, { ...json, ...attributes, ...headers }, {})).toMatchObject({ ok: false, problems: [{ field }] })
})

test('problems with the body of a binary message are named below data', () => {
  expect(read('http', { ...json, ...attributes }, '{"title":"\\u0000"}')).toMatchObject({ ok: false, problems: [{ field: 'data.title' }] })
  expect(read('http', { ...json, ...attributes }, '{')).toMatchObject({ ok: false, problems: [{ field: 'data' }] })
})

test('the content type of a binary message is its datacontenttype, and only JSON is taken', () => {
  const value = readOne('http', { ...attributes, 'content-type': 'application/json; charset=utf-8' }, {})
  expect(value).toMatchObject({ datacontenttype: 'application/json; charset=utf-8' })
  const avro = readOne('http', { ...attributes, 'content-type': 'application/avro' }, {})
  expect(checkViewerEvent({ ...event, ...(avro as object) }, Date.parse(event.time))).toMatchObject({
    ok: false,
    problems: expect.arrayContaining([expect.objectContaining({ field: 'datacontenttype' })]),
  })
})

test('no headers and no body make it throw', () => {
  const headers = fc.dictionary(
    fc.constantFrom('content-type', 'ce-specversion', 'ce_specversion', 'ce-id', 'ce_id', 'ce-', 'ce-x'),
    fc.string(),
  )
  fc.assert(
    fc.property(headers, fc.uint8Array(), fc.constantFrom<Binding>('http', 'kafka'), (given, body, binding) => {
      expect(typeof readCloudEvents(given, Buffer.from(body), binding).ok).toBe('boolean')
    }),
    { numRuns: 1_000 },
  )
})
