import { expect, test } from '@jest/globals'
import type { Bus } from '@ott/pipeline/bus'
import fc from 'fast-check'
import { followCounting } from './counted-hours.ts'

const partitions = 2
const passages = [
  { group: 'assessing', topic: 'accepted' },
  { group: 'counting', topic: 'assessed' },
]

/** A pipeline of two stages as the broker sees it: what was appended, and what is committed. */
function aPipeline() {
  const appended: Record<string, bigint[]> = { accepted: Array<bigint>(partitions).fill(0n), assessed: Array<bigint>(partitions).fill(0n) }
  const committed: Record<string, bigint[]> = { accepted: Array<bigint>(partitions).fill(0n), assessed: Array<bigint>(partitions).fill(0n) }
  const bus: Pick<Bus, 'endOffsets' | 'lagByPartition'> = {
    endOffsets: async (topic) => [...appended[topic]!],
    lagByPartition: async (_group, [topic = '']) => appended[topic]!.map((end, partition) => ({ topic, partition, records: end - committed[topic]![partition]! })),
  }
  const move = (counts: bigint[], partition: number, by = 1n) => void (counts[partition]! += by)
  return {
    bus,
    accept: (partition: number) => move(appended['accepted']!, partition),
    /** The first stage passes on one event of a partition, if it has any. */
    assess(partition: number) {
      if (committed['accepted']![partition]! >= appended['accepted']![partition]!) return
      move(appended['assessed']!, partition)
      move(committed['accepted']!, partition)
    },
    count(partition: number) {
      if (committed['assessed']![partition]! < appended['assessed']![partition]!) move(committed['assessed']!, partition)
    },
    accepted: () => [...appended['accepted']!],
    counted: () => [...committed['assessed']!],
  }
}

test('where nothing waits, an hour is counted as soon as it is due', async () => {
  expect(await followCounting(aPipeline().bus, passages).look(7)).toBe(7)
})

test('an event that waits in either stage holds its hour up, and no longer; one that came after the hour was due does not', async () => {
  const pipeline = aPipeline()
  const hours = followCounting(pipeline.bus, passages)
  pipeline.accept(0)
  expect(await hours.look(7)).toBeUndefined()
  pipeline.accept(1)
  pipeline.assess(0)
  expect(await hours.look(7)).toBeUndefined()
  pipeline.count(0)
  expect(await hours.look(7)).toBe(7)
  // The one that came later belongs to the next hour.
  expect(await hours.look(8)).toBe(7)
  pipeline.assess(1)
  pipeline.count(1)
  expect(await hours.look(8)).toBe(8)
})

test('stages that are behind all the time hold nothing up for good', async () => {
  const pipeline = aPipeline()
  const hours = followCounting(pipeline.bus, passages)
  let latest: number | undefined
  for (let hour = 0; hour < 20; hour += 1) {
    pipeline.accept(0)
    pipeline.accept(0)
    pipeline.assess(0)
    if (hour > 0) pipeline.assess(0)
    pipeline.count(0)
    if (hour > 1) pipeline.count(0)
    latest = await hours.look(hour)
  }
  expect(latest).toBeGreaterThan(14)
})

test('however events and stages alternate, an hour is told only when all that had come by when it was first due is counted', async () => {
  const step = fc.record({ kind: fc.constantFrom('accept' as const, 'assess' as const, 'count' as const, 'look' as const, 'hour' as const), partition: fc.nat(partitions - 1) })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const pipeline = aPipeline()
      const hours = followCounting(pipeline.bus, passages)
      const acceptedWhenDue = [pipeline.accepted()]
      for (const { kind, partition } of steps) {
        if (kind === 'hour') acceptedWhenDue.push(pipeline.accepted())
        else if (kind === 'look') {
          const told = await hours.look(acceptedWhenDue.length - 1)
          if (told !== undefined) for (const [at, count] of acceptedWhenDue[told]!.entries()) expect(pipeline.counted()[at]! >= count).toBe(true)
        } else pipeline[kind](partition)
      }
      for (let n = 0; n < 80 * partitions; n += 1) {
        pipeline.assess(n % partitions)
        pipeline.count(n % partitions)
      }
      expect(await hours.look(acceptedWhenDue.length - 1)).toBe(acceptedWhenDue.length - 1)
    }),
  )
})
