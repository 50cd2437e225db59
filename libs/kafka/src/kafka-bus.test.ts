import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import type { Bus } from '@ott/pipeline/bus'
import type { ConformanceOptions } from '@ott/pipeline/conformance/conformance-bus'
import { describeConformance } from '@ott/pipeline/conformance/conformance-suite'
import kafkajs from 'kafkajs'
import { createKafkaBus } from './kafka-bus.ts'
import type { KafkaLog } from './connect-kafka.ts'

const brokers = process.env['OTT_TEST_KAFKA_BROKERS']?.split(',')
const silent: KafkaLog = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** Topics and groups of its own: nothing is left over from another test. */
function openBus(): Promise<Bus> {
  return createKafkaBus({ brokers: brokers ?? [], clientId: 'test', topicPrefix: `t${randomUUID().slice(0, 8)}.`, log: silent })
}

const options: ConformanceOptions = {
  eventsPerKey: 100,
  slowWorkMs: 8_000,
  canGoAway: false,
  async createBus() {
    const bus = await openBus()
    return {
      bus,
      connectionFault: () => new kafkajs.KafkaJSConnectionError('connection lost', { broker: '127.0.0.1' }),
      close: () => bus.close(),
    }
  },
}

if (brokers === undefined) {
  test('the Kafka bus has a broker to be tested on', () => {
    throw new Error('These tests need a real broker: run `npm test`, which starts one and sets OTT_TEST_KAFKA_BROKERS.')
  })
} else {
  describeConformance('Kafka', options)
  describe('the Kafka bus', describeKafkaBus)
}

function describeKafkaBus(): void {
  const topic = { name: 'wide.v1', compacted: false, retentionMs: 3_600_000 }

  test('publishes more than one request may hold, whatever the script, and keeps the order', async () => {
    const bus = await openBus()
    try {
      await bus.createTopics([topic], 1)
      // 1.5 million characters that take three bytes each.
      const wide = '視'.repeat(1_000)
      const records = Array.from({ length: 1_500 }, (_, n) => ({ topic: topic.name, key: 'k', value: `${n} ${wide}`, headers: {} }))
      await bus.publish(records)
      expect(await bus.endOffsets(topic.name)).toEqual([1_500n])
      expect(await bus.lag('nobody', [topic.name])).toBe(1_500n)
      expect(await bus.lagByPartition('nobody', [topic.name])).toEqual([{ topic: topic.name, partition: 0, records: 1_500n }])
    } finally {
      await bus.close()
    }
  })

  test('topics that were just made take records at once, each once', async () => {
    const bus = await openBus()
    try {
      for (let n = 0; n < 10; n++) {
        const fresh = { ...topic, name: `fresh-${n}.v1` }
        await bus.createTopics([fresh], 6)
        await bus.publish(Array.from({ length: 60 }, (_, key) => ({ topic: fresh.name, key: `${key}`, value: 'v', headers: {} })))
        expect((await bus.endOffsets(fresh.name)).reduce((sum, end) => sum + end, 0n)).toBe(60n)
      }
    } finally {
      await bus.close()
    }
  })
}
