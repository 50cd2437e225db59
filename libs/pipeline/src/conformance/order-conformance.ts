import { describe, expect, test } from '@jest/globals'
import type { ConformanceOptions } from './conformance-bus.ts'
import { byKey, expectExact, withoutRepeats } from './published-events.ts'
import { arriving, leaving, publishedIn, rounds, sampleEvent } from './sample-events.ts'
import { inWorld, until } from './world.ts'

/** Invariant 3: one key's events stay in order, whoever works on them. */
export function describeOrder(options: ConformanceOptions): void {
  describe('the events of one key stay in order', () => {
    test(`1,000 keys × ${options.eventsPerKey} events, while two more members join`, () =>
      inWorld(options, 6, async (world) => {
        const half = options.eventsPerKey / 2
        await world.publish(rounds(1_000, 1, half))
        const first = await world.startNumbering()
        await until('a tenth of the events is done', () => world.store.rows.size > 100 * half)
        const joined = Promise.all([world.startNumbering(), world.startNumbering()])
        await world.publish(rounds(1_000, half + 1, options.eventsPerKey))
        const [second, third] = await joined
        await world.settled('numbering')
        const { events } = withoutRepeats(await world.read(leaving.topic))
        expectExact(events, 1_000, options.eventsPerKey)
        expect(world.store.rows.size).toBe(1_000 * options.eventsPerKey)
        expect(world.store.contradictions).toEqual([])
        expect([first, second, third].flatMap(({ fatal }) => fatal)).toEqual([])
        expect([second, third].every(({ outcomes }) => outcomes.size > 0)).toBe(true)
      }),
      90_000,
    )

    test('a rebalance while a batch is in work leaves rows and records exact', () =>
      inWorld(options, 4, async (world) => {
        const begun = Promise.withResolvers<void>()
        const letGo = Promise.withResolvers<void>()
        const whileSaving = async () => {
          begun.resolve()
          await letGo.promise
        }
        await world.publish(rounds(40, 1, 20))
        const first = await world.startNumbering({ whileSaving })
        await begun.promise
        const second = world.startNumbering()
        await new Promise((resolve) => setTimeout(resolve, 200))
        letGo.resolve()
        await second
        await world.publish(rounds(40, 21, 25))
        await world.settled('numbering')
        expectExact(withoutRepeats(await world.read(leaving.topic)).events, 40, 25)
        expect(world.store.contradictions).toEqual([])
        expect(first.fatal).toEqual([])
      }),
    )

    test('a rebalance while memories are held: each is thrown away and restored, and nothing is folded twice', () =>
      inWorld(options, 4, async (world) => {
        await world.startRemembering({ snapshotIntervalMs: 150 })
        for (let round = 0; round < 4; round++) {
          await world.publish(rounds(30, round * 10 + 1, round * 10 + 10))
          const more = await world.startRemembering({ snapshotIntervalMs: 150 })
          if (round % 2 === 1) await more.running.stop()
        }
        await world.settled('remembering')
        expectExact(withoutRepeats(await world.read(leaving.topic)).events, 30, 40)
      }),
    )

    test('a partition that went to another member and came back is continued from what that member wrote down', () =>
      inWorld(options, 4, async (world) => {
        await world.startRemembering()
        await world.publish(rounds(30, 1, 5))
        await world.settled('remembering')
        const guest = await world.startRemembering()
        await world.publish(rounds(30, 6, 10))
        await world.settled('remembering')
        expect(guest.outcomes.get('acme emitted ')).toBeGreaterThan(0)
        await guest.running.stop()
        await world.publish(rounds(30, 11, 15))
        await world.settled('remembering')
        expectExact(withoutRepeats(await world.read(leaving.topic)).events, 30, 15)
      }),
    )

    test('what arrives out of its time order is worked on in the order of arrival', () =>
      inWorld(options, 1, async (world) => {
        const times = ['2026-01-01T00:00:03Z', '2026-01-01T00:00:01Z', '2026-01-01T00:00:02Z']
        await world.publish(times.map((time, index) => sampleEvent('late', index + 1, { time })))
        await world.startNumbering()
        await world.settled('numbering')
        expect((await world.read(leaving.topic)).map(publishedIn).map(({ n, number }) => [n, number])).toEqual([
          [1, 1],
          [2, 2],
          [3, 3],
        ])
      }),
    )

    test('what a stage publishes lies in one partition for one key', () =>
      inWorld(options, 4, async (world) => {
        await world.publish(rounds(20, 1, 5))
        await world.startNumbering()
        await world.settled('numbering')
        const homes = new Map<string | null, Set<number>>()
        for (const { key, partition } of await world.read(leaving.topic)) homes.set(key, (homes.get(key) ?? new Set()).add(partition))
        expect([...homes.values()].map(({ size }) => size)).toEqual(Array.from({ length: 20 }, () => 1))
        expect(new Set([...homes.values()].flatMap((home) => [...home])).size).toBeGreaterThan(1)
      }),
    )
  })

  describe('an event that comes twice', () => {
    test('counts once when another record carries it again, and emits nothing the second time', () =>
      inWorld(options, 1, async (world) => {
        const records = rounds(3, 1, 5)
        await world.publish([...records, ...records.slice(0, 7)])
        const process = await world.startNumbering()
        await world.settled('numbering')
        await world.publish(records.slice(2, 4))
        await world.settled('numbering')
        const { events, repeats } = withoutRepeats(await world.read(leaving.topic))
        expectExact(events, 3, 5)
        expect(repeats).toBe(0)
        await until('the last batch is reported', () => process.outcomes.get('acme duplicate ') === 9)
        expect(process.outcomes.get('acme emitted ')).toBe(15)
      }),
    )
  })

  describe('the tenants of a batch', () => {
    test('are all that its transaction may see', () =>
      inWorld(options, 1, async (world) => {
        const tenants = ['acme', 'globex', 'initech']
        await world.publish(Array.from({ length: 30 }, (_, n) => sampleEvent(`${n}`, n, { tenant: tenants[n % 3] as string })))
        await world.publish([sampleEvent('alone', 1, { tenant: 'umbrella' })])
        await world.startNumbering()
        await world.settled('numbering')
        expect(world.store.rows.size).toBe(31)
        expect(new Set(world.store.transactions.flat())).toEqual(new Set([...tenants, 'umbrella']))
        for (const named of world.store.transactions) expect(new Set(named).size).toBe(named.length)
        await world.publish([sampleEvent('later', 1, { tenant: 'globex' })])
        await world.settled('numbering')
        expect(world.store.transactions.at(-1)).toEqual(['globex'])
        expect(byKey((await world.read(leaving.topic)).map(publishedIn)).has('umbrella:alone')).toBe(true)
        expect(await world.bus.endOffsets(arriving.topic)).toEqual([32n])
      }),
    )
  })
}
