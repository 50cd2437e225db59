import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import kafkajs from 'kafkajs'
import { keyPartitioner } from './key-partitioner.ts'

const partitionMetadata = (count: number) =>
  Array.from({ length: count }, (_, partitionId) => ({ partitionId, leader: 1, partitionErrorCode: 0, replicas: [1], isr: [1] }))
const ofClient = kafkajs.Partitioners.DefaultPartitioner()
const own = keyPartitioner()

test('a key goes to the partition that the client would choose, as text and as bytes', () =>
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), fc.uint8Array({ maxLength: 70 }), fc.integer({ min: 1, max: 1_000 }), (text, bytes, count) => {
      for (const key of [text, Buffer.from(bytes)]) {
        const args = { topic: 't', partitionMetadata: partitionMetadata(count), message: { key, value: null } }
        expect(own(args)).toBe(ofClient(args))
      }
    }),
    { numRuns: 1_000 },
  ))

// From UtilsTest.testMurmur2 of Apache Kafka: the hash of "a-little-bit-long-string" is -985981536.
test('the Java client chooses the same', () => {
  const args = { topic: 't', partitionMetadata: partitionMetadata(1_000), message: { key: 'a-little-bit-long-string', value: null } }
  expect(own(args)).toBe((-985981536 & 0x7fffffff) % 1_000)
})

test('a record that names its partition goes there; one without a key to any', () => {
  const args = { topic: 't', partitionMetadata: partitionMetadata(3) }
  expect(own({ ...args, message: { key: 'k', value: null, partition: 2 } })).toBe(2)
  expect([0, 1, 2]).toContain(own({ ...args, message: { value: null } }))
})
