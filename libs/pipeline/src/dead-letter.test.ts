import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { deadLetterOf } from './dead-letter.ts'
import type { InboundRecord } from './record.ts'

const nowMs = Date.UTC(2026, 0, 31, 20, 15)
const base: InboundRecord = {
  topic: 'events.accepted.v1',
  partition: 3,
  offset: 41n,
  timestampMs: 0,
  key: 'acme:v',
  value: null,
  headers: {},
}

test('a dead letter keeps bytes, key and headers as they came and says why, where and when it was given up', () => {
  const headers = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string())
  const bytes = fc.option(fc.uint8Array().map((array) => Buffer.from(array)))
  fc.assert(
    fc.property(bytes, fc.option(fc.string()), headers, (value, key, given) => {
      const cause = { reason: 'malformed', detail: 'data: is missing' }
      const letter = deadLetterOf({ ...base, value, key, headers: given }, 'violation', cause, 1, nowMs)
      expect(letter.topic).toBe('dlq.violation.v1')
      expect(letter.value).toBe(value)
      expect(letter.key).toBe(key)
      expect(letter.headers).toEqual({
        ...given,
        'dlq-reason': 'malformed',
        'dlq-detail': 'data: is missing',
        'dlq-stage': 'violation',
        'dlq-at': '2026-01-31T20:15:00.000Z',
        'dlq-topic': 'events.accepted.v1',
        'dlq-partition': '3',
        'dlq-offset': '41',
        'dlq-attempts': '1',
      })
    }),
  )
})

test('what an earlier giving-up wrote into the headers is replaced', () => {
  const headers = { 'dlq-stage': 'ingest', 'dlq-offset': '7' }
  const letter = deadLetterOf({ ...base, headers }, 'violation', { reason: 'x', detail: '' }, 2, nowMs)
  expect(letter.headers).toMatchObject({ 'dlq-stage': 'violation', 'dlq-offset': '41', 'dlq-attempts': '2' })
})
