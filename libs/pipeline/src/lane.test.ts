import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createLane, exclusively, newsIn, positionOf } from './lane.ts'
import { sourceRecordHeader } from './outbound-records.ts'
import type { InboundRecord } from './record.ts'

function record(offset: number, source?: string): InboundRecord {
  const headers: Record<string, string> = source === undefined ? {} : { [sourceRecordHeader]: source }
  return { topic: 't', partition: 0, offset: BigInt(offset), timestampMs: 0, key: 'k', value: Buffer.from(''), headers }
}

describe('newsIn', () => {
  test('gives every record once and in order, however often and from wherever the log is read again', () => {
    const reads = fc.array(fc.record({ back: fc.nat(20), length: fc.integer({ min: 1, max: 15 }) }), { maxLength: 40 })
    fc.assert(
      fc.property(reads, (plan) => {
        const lane = createLane<never>('t', 0)
        const got: number[] = []
        let end = 0
        for (const { back, length } of plan) {
          const from = Math.max(0, end - back)
          const { news, progress } = newsIn(lane, Array.from({ length }, (_, index) => record(from + index)))
          got.push(...news.map(({ offset }) => Number(offset)))
          Object.assign(lane, progress)
          end = Math.max(end, from + length)
        }
        expect(got).toEqual(Array.from({ length: end }, (_, index) => index))
      }),
    )
  })

  test('gives each result of the stage before once, however often that stage went back and published again', () => {
    const results = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 12 })
    const crashes = fc.array(fc.record({ done: fc.nat(12), back: fc.nat(12), of: fc.nat(1) }), { maxLength: 12 })
    fc.assert(
      fc.property(results, crashes, fc.integer({ min: 1, max: 7 }), (counts, plan, batchSize) => {
        // Two partitions of the stage before write into this one, each event with one to three results.
        const next = [0, 0]
        const log: string[] = []
        const publish = (partition: number, to: number) => {
          for (let offset = next[partition] as number; offset < to; offset++) {
            for (let place = 0; place < (counts[offset] as number); place++) log.push(`up.v1/${partition}/${offset}/${place}`)
          }
          next[partition] = Math.max(next[partition] as number, to)
        }
        for (const { done, back, of } of plan) {
          publish(of, Math.min(counts.length, done))
          next[of] = Math.max(0, (next[of] as number) - back)
        }
        publish(0, counts.length)
        publish(1, counts.length)
        const lane = createLane<never>('t', 0)
        const got: string[] = []
        for (let from = 0; from < log.length; from += batchSize) {
          const batch = log.slice(from, from + batchSize).map((source, index) => record(from + index, source))
          const { news, progress } = newsIn(lane, batch)
          got.push(...news.map(({ headers }) => headers[sourceRecordHeader] as string))
          Object.assign(lane, progress)
        }
        expect(got).toEqual([...new Set(log)])
      }),
    )
  })

  test('tells the results of several stages apart by their places, number by number', () => {
    const lane = createLane<never>('t', 0)
    const sources = ['up.v1/0/9/0.0', 'up.v1/0/9/0.2', 'up.v1/0/9/0.10', 'up.v1/0/9/1.0', 'up.v1/0/10/0.0']
    const repeats = ['up.v1/0/9/0.10', 'up.v1/0/9/0.2', 'up.v1/0/10/0.0']
    const { news } = newsIn(lane, [...sources, ...repeats].map((source, offset) => record(offset, source)))
    expect(news.map(({ headers }) => headers[sourceRecordHeader])).toEqual(sources)
  })

  test('takes a record for news when nothing credible says where it came from', () => {
    const lane = createLane<never>('t', 0)
    const odd = ['', '/', 'up.v1/0/', 'up.v1/0/-1/0', 'up.v1/0/1e3/0', `up.v1/0/${'9'.repeat(40)}/0`]
    expect(newsIn(lane, odd.map((source, offset) => record(offset, source))).news.length).toBe(odd.length)
  })

  test('leaves the lane as it was: progress counts once the batch is saved', () => {
    const lane = createLane<never>('t', 0)
    newsIn(lane, [record(0, 'up.v1/0/5/0')])
    expect(positionOf(lane)).toBeUndefined()
    expect(lane.sources.size).toBe(0)
  })
})

describe('positionOf', () => {
  test('says what a later lane needs to continue', () => {
    const lane = createLane<never>('t', 0)
    Object.assign(lane, newsIn(lane, [record(6, 'up.v1/0/5/0'), record(7, 'up.v1/1/2/1')]).progress)
    const position = positionOf(lane)
    expect(position?.nextOffset).toBe(8n)
    const next = createLane<never>('t', 0)
    next.nextOffset = position?.nextOffset
    next.sources = new Map(Object.entries(position?.sources ?? {}))
    const again = [record(7), record(8, 'up.v1/0/5/0'), record(9, 'up.v1/1/2/1'), record(10, 'up.v1/1/2/2'), record(11, 'up.v1/0/6/0')]
    expect(newsIn(next, again).news.map(({ offset }) => offset)).toEqual([10n, 11n])
  })
})

describe('exclusively', () => {
  test('runs one thing at a time in the order asked for, and goes on after a failure', async () => {
    const lane = createLane<never>('t', 0)
    const seen: string[] = []
    const step = (name: string, fails = false) =>
      exclusively(lane, async () => {
        seen.push(`${name} begins`)
        await new Promise((resolve) => setImmediate(resolve))
        seen.push(`${name} ends`)
        if (fails) throw new Error(name)
      })
    const all = await Promise.allSettled([step('a'), step('b', true), step('c')])
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  })
})
