import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { TransientError } from '@ott/pipeline/errors'
import type { OutboundRecord } from '@ott/pipeline/record'
import { createCoalescingPublisher } from './coalescing-publisher.ts'

const record = (value: string): OutboundRecord => ({ topic: 't', key: null, value, headers: {} })
const roomy = { waitingBytesMax: 1_000, waitMsMax: 5_000 }

/** A broker that answers each request when it is told to. */
function aBroker() {
  const requests: { values: unknown[]; answer(error?: Error): Promise<void> }[] = []
  const publish = (records: readonly OutboundRecord[]) =>
    new Promise<void>((resolve, reject) => {
      const answer = async (error?: Error) => {
        if (error === undefined) resolve()
        else reject(error)
        await delay(0)
      }
      requests.push({ values: records.map(({ value }) => value), answer })
    })
  return { requests, publish }
}

test('a lone record goes at once; what comes meanwhile goes together, in order', async () => {
  const broker = aBroker()
  const { publish } = createCoalescingPublisher(broker, roomy)
  const all = ['a', 'b', 'c'].map((value) => publish([record(value)]))
  expect(broker.requests.map(({ values }) => values)).toEqual([['a']])
  await broker.requests[0]?.answer()
  expect(broker.requests.map(({ values }) => values)).toEqual([['a'], ['b', 'c']])
  await broker.requests[1]?.answer()
  await Promise.all(all)
})

test('nobody hears of success before the broker has kept the records', async () => {
  const broker = aBroker()
  const { publish } = createCoalescingPublisher(broker, roomy)
  let isKept = false
  const publishing = publish([record('a')]).then(() => (isKept = true))
  await delay(5)
  expect(isKept).toBe(false)
  await broker.requests[0]?.answer()
  await publishing
  expect(isKept).toBe(true)
})

test('a failed request fails for everyone in it, and only for them', async () => {
  const broker = aBroker()
  const { publish } = createCoalescingPublisher(broker, roomy)
  const results = Promise.allSettled([publish([record('a')]), publish([record('b')]), publish([record('c')])])
  await broker.requests[0]?.answer()
  await broker.requests[1]?.answer(new TransientError('gone'))
  expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
  const later = publish([record('d')])
  await broker.requests[2]?.answer()
  await later
})

test('more than the limit is turned away, until what waits has been kept', async () => {
  const broker = aBroker()
  const { publish } = createCoalescingPublisher(broker, { ...roomy, waitingBytesMax: 10 })
  const first = publish([record('12345678')])
  await expect(publish([record('123')])).rejects.toThrow(TransientError)
  const small = publish([record('12')])
  await broker.requests[0]?.answer()
  await broker.requests[1]?.answer()
  await Promise.all([first, small])
  const next = publish([record('1234567890')])
  await broker.requests[2]?.answer()
  await next
  expect(broker.requests.map(({ values }) => values)).toEqual([['12345678'], ['12'], ['1234567890']])
})

test('what failed frees its share of the limit as well', async () => {
  const broker = aBroker()
  const { publish } = createCoalescingPublisher(broker, { ...roomy, waitingBytesMax: 3 })
  const first = publish([record('123')])
  await Promise.all([expect(first).rejects.toThrow('gone'), broker.requests[0]?.answer(new TransientError('gone'))])
  const second = publish([record('123')])
  await broker.requests[1]?.answer()
  await second
})

test('a broker that does not answer in time leads to a transient error, and its bytes stay counted as long as they wait', async () => {
  const broker = aBroker()
  const { publish } = createCoalescingPublisher(broker, { waitingBytesMax: 5, waitMsMax: 20 })
  await expect(publish([record('12345')])).rejects.toThrow(TransientError)
  await expect(publish([record('1')])).rejects.toThrow('too much is waiting')
  await broker.requests[0]?.answer()
  const next = publish([record('1')])
  await broker.requests[1]?.answer()
  await next
})
