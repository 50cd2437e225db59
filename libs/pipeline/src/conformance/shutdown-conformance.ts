import { describe, expect, test } from '@jest/globals'
import { TransientError } from '../errors.ts'
import type { ConformanceOptions } from './conformance-bus.ts'
import { expectExact, withoutRepeats } from './published-events.ts'
import { arriving, halfway, leaving, rounds } from './sample-events.ts'
import { inWorld, until } from './world.ts'

/** A new member must not have to wait for a session to run out (6 s on Kafka) when the one before it left properly. */
const takeOverMsMax = 3_000

/** Invariants 9 and 10: a stage that is stopped leaves nothing half done, and holds nothing any more. */
export function describeShutdown(options: ConformanceOptions): void {
  describe('a stage that is stopped', () => {
    test('finishes and commits the batch in work, so that the next one repeats nothing and takes over at once', () =>
      inWorld(options, 2, async (world) => {
        const begun = Promise.withResolvers<void>()
        const whileSaving = async () => {
          begun.resolve()
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
        await world.publish(rounds(20, 1, 100))
        const first = await world.startNumbering({ whileSaving })
        await begun.promise
        await first.running.stop()
        const done = world.store.rows.size
        expect(done).toBeGreaterThan(0)
        expect(await world.bus.lag('numbering', [arriving.topic])).toBe(BigInt(2_000 - done))
        expect((await world.read(leaving.topic)).length).toBe(done)
        expect(first.inFlightBytes.at(-1)).toBe(0)
        expect(Math.max(...first.inFlightBytes)).toBeGreaterThan(0)
        expect(first.running.isReady()).toBe(false)

        const startedAtMs = Date.now()
        await world.startNumbering()
        await world.publish(rounds(20, 101, 102))
        await world.settled('numbering')
        expect(Date.now() - startedAtMs).toBeLessThan(takeOverMsMax)
        const { events, repeats } = withoutRepeats(await world.read(leaving.topic))
        expectExact(events, 20, 102)
        expect(repeats).toBe(0)
      }),
    )

    test('writes down what it remembers, so that the next one repeats nothing', () =>
      inWorld(options, 2, async (world) => {
        const first = await world.startRemembering({ snapshotIntervalMs: 60_000 })
        await world.publish(rounds(6, 1, 10))
        await until('these are published', async () => sum(await world.bus.endOffsets(leaving.topic)) === 60n)
        expect(world.store.snapshotOf(arriving.topic, 0)).toBeUndefined()
        await first.running.stop()
        expect(await world.bus.lag('remembering', [arriving.topic])).toBe(0n)
        const second = await world.startRemembering({ snapshotIntervalMs: 60_000 })
        await world.publish(rounds(6, 11, 20))
        await until('these are published', async () => sum(await world.bus.endOffsets(leaving.topic)) >= 120n)
        await second.running.stop()
        const { events, repeats } = withoutRepeats(await world.read(leaving.topic))
        expectExact(events, 6, 20)
        expect(repeats).toBe(0)
        for (const { inFlightBytes } of [first, second]) expect(inFlightBytes.at(-1)).toBe(0)
      }),
    )

    test('begins no further batch', () =>
      inWorld(options, 1, async (world) => {
        const first = await world.startNumbering()
        await until('it belongs to its group', () => first.running.isReady())
        await first.running.stop()
        await world.publish(rounds(1, 1, 5))
        await new Promise((resolve) => setTimeout(resolve, 100))
        expect(world.store.transactions).toEqual([])
        expect(first.fatal).toEqual([])
      }),
    )

    test('stops while what it needs is away: nothing is half done', () =>
      inWorld(options, 1, async (world) => {
        world.store.failNext('publish', Array.from({ length: 1_000 }, () => new TransientError('is away')))
        await world.publish(rounds(2, 1, 5))
        const first = await world.startNumbering()
        await until('it tries to publish', () => first.transientFaults.includes('publish'))
        await first.running.stop()
        expect(await world.bus.lag('numbering', [arriving.topic])).toBe(10n)
        while (world.store.faultsLeft('publish') > 0) {
          try {
            world.store.takeFault('publish')
          } catch {
            // The faults that nobody met are taken out.
          }
        }
        await world.startNumbering()
        await world.settled('numbering')
        expectExact(withoutRepeats(await world.read(leaving.topic)).events, 2, 5)
      }),
    )
  })

  describe('a stage whose topics change', () => {
    test('reads the new ones from their beginning and goes on with the others where it was', () =>
      inWorld(options, 2, async (world) => {
        const stage = await world.startNumbering({ to: leaving })
        await world.publish(rounds(4, 1, 10))
        await world.settled('numbering')
        await world.publish(rounds(4, 1, 10, 'other').map((record) => ({ ...record, topic: halfway.topic })))
        await stage.running.changeTopics([arriving.topic, halfway.topic])
        await world.publish(rounds(4, 11, 12))
        await world.settled('numbering')
        await world.settled('numbering', halfway.topic)
        await until('it belongs to its group', () => stage.running.isReady())
        const { events, repeats } = withoutRepeats(await world.read(leaving.topic))
        expectExact(events.filter(({ key }) => key.startsWith('acme:viewer')), 4, 12)
        expectExact(events.filter(({ key }) => key.startsWith('acme:other')), 4, 10, 'other')
        expect(repeats).toBe(0)
        expect(stage.fatal).toEqual([])
      }),
    )
  })
}

function sum(offsets: readonly bigint[]): bigint {
  return offsets.reduce((total, offset) => total + offset, 0n)
}
