import { createRequire } from 'node:module'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { encodeProduceRequestsInOnePass } from './one-pass-produce-requests.ts'

interface Definition {
  protocol(version: { version: number }): (options: object) => { request: { encode(): Promise<{ buffer: Buffer }> } }
}
const definition = createRequire(import.meta.url)('kafkajs/src/protocol/requests/produce') as Definition
const ofClient = definition.protocol
encodeProduceRequestsInOnePass()
const encoded = async (protocol: Definition['protocol'], version: number, options: object) =>
  (await protocol({ version })(options).request.encode()).buffer.toString('hex')

const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ maxLength: 3_000, minLength: 1_000 }))
const bytes = fc.oneof(text, fc.uint8Array().map((held) => Buffer.from(held)), fc.constant(null))
const present = fc.oneof(text, fc.uint8Array().map((held) => Buffer.from(held)))
const record = fc.record({
  key: bytes,
  value: bytes,
  timestamp: fc.oneof(fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }), fc.integer({ min: 1, max: 4_000_000_000_000 })).map(String),
  // The client itself can't size a header without a value.
  headers: fc.dictionary(fc.string({ minLength: 1 }), fc.oneof(present, fc.array(present, { maxLength: 3 })), { maxKeys: 5 }),
})
const request = fc.record({
  acks: fc.constantFrom(-1, 0, 1),
  timeout: fc.nat(),
  transactionalId: fc.option(fc.string()),
  producerId: fc.integer({ min: -1 }),
  producerEpoch: fc.nat(1_000),
  topicData: fc.array(
    fc.record({
      topic: fc.string({ minLength: 1 }),
      partitions: fc.array(
        fc.record({ partition: fc.nat(), firstSequence: fc.nat(), messages: fc.array(record, { minLength: 1, maxLength: 6 }) }),
        { maxLength: 4 },
      ),
    }),
    { maxLength: 3 },
  ),
})

test.each([3, 4, 5, 6, 7])('a request of version %i has the bytes that the client would give it', (version) =>
  fc.assert(
    fc.asyncProperty(request, async (options) => {
      // The client sorts times as text, which is right as long as they have the same length.
      const messages = options.topicData.flatMap(({ partitions }) => partitions.flatMap((one) => one.messages))
      fc.pre(new Set(messages.map(({ timestamp }) => timestamp.length)).size <= 1)
      expect(await encoded(definition.protocol, version, options)).toBe(await encoded(ofClient, version, options))
    }),
    { numRuns: 200 },
  ),
)

test('a large request outgrows its first buffer and keeps its bytes', async () => {
  const messages = Array.from({ length: 500 }, (_, index) => ({ key: `k${index}`, value: 'é'.repeat(2_000), timestamp: '1700000000000', headers: { h: 'ü'.repeat(500) } }))
  const options = { acks: -1, timeout: 1, topicData: [{ topic: 't', partitions: [{ partition: 0, messages }] }] }
  expect(await encoded(definition.protocol, 7, options)).toBe(await encoded(ofClient, 7, options))
})

test('a compressed request is left to the client', async () => {
  const messages = [{ key: 'k', value: 'v'.repeat(100), timestamp: '1700000000000', headers: {} }]
  const options = { acks: -1, timeout: 1, compression: 1, topicData: [{ topic: 't', partitions: [{ partition: 0, messages }] }] }
  expect(await encoded(definition.protocol, 7, options)).toBe(await encoded(ofClient, 7, options))
})

test('changing the client twice is changing it once', () => {
  const once = definition.protocol
  encodeProduceRequestsInOnePass()
  expect(definition.protocol).toBe(once)
})
