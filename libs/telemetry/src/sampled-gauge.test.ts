import { expect, test } from '@jest/globals'
import { createRegistry } from './metrics.ts'
import { sampleGauges, type Sample } from './sampled-gauge.ts'

function watch(read: () => Promise<readonly Sample[]>) {
  const registry = createRegistry('shelf')
  const clock = { nowMs: 0 }
  let readings = 0
  sampleGauges({
    registry,
    gauges: [{ name: 'ott_depth', help: 'Depth.', labelNames: ['topic'] }],
    what: 'depth',
    freshMs: 5_000,
    waitMs: 20,
    nowMs: () => clock.nowMs,
    read: async () => (readings++, [await read()]),
  })
  const scrape = async () => (await registry.metrics()).split('\n').filter((line) => /^ott_\w+\{/.test(line))
  return { scrape, clock, readings: () => readings }
}

const depth = (value: number) => `ott_depth{topic="a",service="shelf"} ${value}`

test('however many scrape, the source is asked once in a while and never by two at once', async () => {
  let value = 1
  const { scrape, clock, readings } = watch(async () => [{ labels: { topic: 'a' }, value: value++ }])
  expect(await Promise.all([scrape(), scrape(), scrape()])).toEqual([[depth(1)], [depth(1)], [depth(1)]])
  clock.nowMs = 4_999
  expect(await scrape()).toEqual([depth(1)])
  expect(readings()).toBe(1)
  clock.nowMs = 5_000
  expect(await scrape()).toEqual([depth(2)])
})

test('a source that does not answer delays no scrape; what it says later is there for the next', async () => {
  const { promise, resolve } = Promise.withResolvers<readonly Sample[]>()
  const { scrape, readings } = watch(() => promise)
  expect(await scrape()).toEqual([])
  expect(await scrape()).toEqual([])
  resolve([{ labels: { topic: 'a' }, value: 7 }])
  expect(await scrape()).toEqual([depth(7)])
  expect(readings()).toBe(1)
})

test('a source that is away is counted, and its last value goes before it could mislead', async () => {
  let isAway = false
  const { scrape, clock } = watch(async () => {
    if (isAway) throw new Error('away')
    return [{ labels: { topic: 'a' }, value: 3 }]
  })
  await scrape()
  isAway = true
  clock.nowMs = 10_000
  const failed = (count: number) => `ott_sample_failures_total{what="depth",service="shelf"} ${count}`
  // A failure is told by the next scrape: this one may have read the counter before.
  expect(await scrape()).toContain(depth(3))
  expect(await scrape()).toContain(failed(1))
  clock.nowMs = 20_001
  expect(await scrape()).not.toContain(depth(3))
  expect(await scrape()).toEqual([failed(2)])
})

test('a series that the source no longer names goes', async () => {
  let topic = 'a'
  const { scrape, clock } = watch(async () => [{ labels: { topic }, value: 1 }])
  await scrape()
  topic = 'b'
  clock.nowMs = 5_000
  expect(await scrape()).toEqual(['ott_depth{topic="b",service="shelf"} 1'])
})
