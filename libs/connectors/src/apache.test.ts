import { describe, expect, test } from '@jest/globals'
import { apache } from './apache.ts'

const { read } = apache({ fileName: 'access.log' })
const line = (parts: { remote?: string; stamp?: string; request?: string; tail?: string } = {}) =>
  [
    `${parts.remote ?? '192.0.2.7'} - - [${parts.stamp ?? '03/Mar/2024:21:04:05 +0100'}]`,
    `"${parts.request ?? 'GET /watch/42?t=9 HTTP/1.1'}"`,
    parts.tail ?? '200 5120 "https://example.com/home" "Player/3.1 (TV)"',
  ].join(' ')

describe('a request in the combined format', () => {
  test('becomes an api event about its remote address at the time of the log, offset included', () => {
    expect(read(line(), 1)).toEqual({
      kind: 'event',
      event: {
        specversion: '1.0',
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
        source: 'urn:ott:replay:apache',
        type: 'com.ott.api.requested.v1',
        subject: '192.0.2.7',
        time: '2024-03-03T21:04:05+01:00',
        datacontenttype: 'application/json',
        data: {
          method: 'GET',
          path: '/watch/42?t=9',
          status: 200,
          bytes: 5_120,
          referrer: 'https://example.com/home',
          userAgent: 'Player/3.1 (TV)',
          ip: '192.0.2.7',
        },
      },
    })
  })

  test('keeps quotes that the server escaped and a path with spaces', () => {
    expect(read(line({ request: 'GET /a b\\"c HTTP/1.1', tail: '404 - "-" "say \\"hi\\""' }), 1)).toMatchObject({
      event: { data: { path: '/a b"c', userAgent: 'say "hi"', bytes: 0 } },
    })
  })

  test('gives no ip where the log names a host', () => {
    const reading = read(line({ remote: 'tv.example.net' }), 1)
    expect(reading).toMatchObject({ kind: 'event', event: { subject: 'tv.example.net' } })
    expect(reading).not.toHaveProperty('event.data.ip')
  })

  test('is kept when its path is over-long: cut to what the contract takes, and said so', () => {
    const reading = read(line({ request: `GET /${'a'.repeat(9_000)} HTTP/1.1` }), 1)
    expect(reading).toMatchObject({ kind: 'event', event: { data: { truncated: ['path'] } } })
    expect(reading).toHaveProperty('event.data.path.length', 4_096)
  })
})

test('the common format is read without referrer and agent', () => {
  const reading = read(line({ tail: '206 77' }), 1)
  expect(reading).toMatchObject({ kind: 'event', event: { data: { status: 206, bytes: 77 } } })
  expect(reading).not.toHaveProperty('event.data.referrer')
})

test.each([
  ['', 'blank', undefined],
  ['not a log line', 'malformed', undefined],
  [line().slice(0, -1), 'malformed', undefined],
  [line({ request: '-', tail: '408 0 "-" "-"' }), 'no-request', undefined],
  [line({ request: '\\x16\\x03\\x01', tail: '400 226 "-" "-"' }), 'malformed-request', undefined],
  [line({ stamp: '31/Feb/2024:21:04:05 +0100' }), 'breaks-contract', 'time'],
  [line({ stamp: '01/Foo/2024:21:04:05 +0100' }), 'breaks-contract', 'time'],
  [line({ tail: '999 1 "-" "-"' }), 'breaks-contract', 'data.status'],
])('a line that is no request is skipped with its reason: %j is %s', (text, reason, field) => {
  expect(read(text, 1)).toEqual(field === undefined ? { kind: 'skipped', reason } : { kind: 'skipped', reason, field })
})
