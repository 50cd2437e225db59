import { describe, expect, test } from '@jest/globals'
import type { ConformanceOptions } from './conformance-bus.ts'
import { expectExact, withoutRepeats } from './published-events.ts'
import { arriving, halfway, leaving, publishedIn, rounds, sampleEvent } from './sample-events.ts'
import { inWorld, until, type World } from './world.ts'

/** Invariant 7: state in memory belongs to a partition and goes with the offset it includes. */
export function describeMemory(options: ConformanceOptions): void {
  describe('what a stage remembers', () => {
    test('is written down with the offset it includes, before that offset is committed', () =>
      inWorld(options, 1, async (world) => {
        await world.startRemembering()
        await world.publish(rounds(2, 1, 10))
        await world.settled('remembering')
        const snapshot = world.store.snapshotOf(arriving.topic, 0)
        expect(snapshot?.position.nextOffset).toBe(20n)
        expect([...(snapshot?.memory ?? [])].map(([key, { number }]) => [key, number])).toEqual([
          ['acme:viewer-0', 10],
          ['acme:viewer-1', 10],
        ])
      }),
    )

    test('is written down behind the work: the partition goes on, and what it learns meanwhile is in the next snapshot', () =>
      inWorld(options, 1, async (world) => {
        const { process, begun, letGo } = await startHeldBack(world, 1_000)
        await world.publish(rounds(2, 1, 5))
        await begun
        await world.publish(rounds(2, 6, 9))
        try {
          await until('the partition has gone on', async () => (await world.bus.endOffsets(leaving.topic))[0] === 18n)
          expect(await world.bus.lag('remembering', [arriving.topic])).toBe(18n)
        } finally {
          letGo()
        }
        await until('the snapshot is kept', () => world.store.snapshotOf(arriving.topic, 0) !== undefined)
        expect(world.store.snapshotOf(arriving.topic, 0)?.position.nextOffset).toBe(10n)
        expect([...(world.store.snapshotOf(arriving.topic, 0)?.memory ?? [])].map(([, { number }]) => number)).toEqual([5, 5])
        await world.settled('remembering')
        expect(world.store.snapshotOf(arriving.topic, 0)?.position.nextOffset).toBe(18n)
        await process.running.stop()
        await world.startRemembering()
        await world.publish(rounds(2, 10, 12))
        await world.settled('remembering')
        const { events, repeats } = withoutRepeats(await world.read(leaving.topic))
        expectExact(events, 2, 12)
        expect(repeats).toBe(0)
      }),
    )

    test('that is written down too slowly holds its partition up, so that a crash never repeats ever more', () =>
      inWorld(options, 1, async (world) => {
        const { begun, letGo } = await startHeldBack(world, 50)
        await world.publish(rounds(1, 1, 1))
        await begun
        // Its next turn comes: one batch more is worked on at most, then the lane waits.
        for (const number of [2, 3]) {
          await new Promise((resolve) => setTimeout(resolve, 150))
          await world.publish(rounds(1, number, number))
        }
        await new Promise((resolve) => setTimeout(resolve, 300))
        const gone = (await world.bus.endOffsets(leaving.topic))[0]
        letGo()
        expect(gone).toBeLessThanOrEqual(2n)
        await world.settled('remembering')
        expectExact(withoutRepeats(await world.read(leaving.topic)).events, 1, 3)
      }),
    )

    test('is in the next snapshot when one fails behind the work', () =>
      inWorld(options, 1, async (world) => {
        world.store.failNext('snapshot', [new Error('nobody foresaw this'), new Error('nor this')])
        const process = await world.startRemembering({ snapshotIntervalMs: 100 })
        await world.publish(rounds(2, 1, 10))
        await world.settled('remembering')
        expect(world.store.faultsLeft('snapshot')).toBe(0)
        expect(process.transientFaults.filter((doing) => doing === 'snapshot').length).toBe(2)
        expect(process.fatal).toEqual([])
        const { position, memory } = world.store.snapshotOf(arriving.topic, 0) ?? {}
        expect(position?.nextOffset).toBe(20n)
        expect([...(memory ?? [])].map(([, { number }]) => number)).toEqual([10, 10])
      }),
    )

    test('is continued from the snapshot after a crash, and what follows it is emitted again, byte for byte', () =>
      inWorld(options, 1, async (world) => {
        const first = await world.startRemembering({ snapshotIntervalMs: 60_000 })
        await world.publish(rounds(3, 1, 4))
        await until('these are published', async () => (await world.bus.endOffsets(leaving.topic))[0] === 12n)
        await first.running.stop()
        expect(world.store.snapshotOf(arriving.topic, 0)?.position.nextOffset).toBe(12n)
        const second = await world.startRemembering({ snapshotIntervalMs: 60_000 })
        await world.publish(rounds(3, 5, 9))
        await until('these are published', async () => (await world.bus.endOffsets(leaving.topic))[0] === 27n)
        second.kill()
        await second.running.stop()
        expect(world.store.snapshotOf(arriving.topic, 0)?.position.nextOffset).toBe(12n)
        await world.startRemembering()
        await world.settled('remembering')
        const { events, repeats } = withoutRepeats(await world.read(leaving.topic))
        expectExact(events, 3, 9)
        expect(repeats).toBe(15)
      }),
    )

    test('begins where the snapshot ends although the group had committed more', () =>
      inWorld(options, 1, async (world) => {
        const first = await world.startRemembering()
        await world.publish(rounds(2, 1, 5))
        await world.settled('remembering')
        const early = world.store.snapshotOf(arriving.topic, 0)
        await world.publish(rounds(2, 6, 10))
        await world.settled('remembering')
        await first.running.stop()
        // As after a database was restored from a backup.
        if (early !== undefined) world.store.restoreSnapshot(arriving.topic, 0, early)
        await world.startRemembering()
        await world.publish(rounds(2, 11, 12))
        await world.settled('remembering')
        const { events, repeats } = withoutRepeats(await world.read(leaving.topic))
        expectExact(events, 2, 12)
        expect(repeats).toBe(10)
      }),
    )

    test('does not hold what the stage before published again at another offset a second time', () =>
      inWorld(options, 2, async (world) => {
        const remembering = await world.startRemembering({ from: halfway })
        for (let round = 0; round < 4; round++) {
          const numbering = await world.startNumbering({ to: halfway })
          numbering.killAt('after-publish')
          await world.publish(rounds(8, round * 5 + 1, round * 5 + 5))
          await numbering.killed
          await numbering.running.stop()
        }
        await world.startNumbering({ to: halfway })
        await world.settled('numbering')
        await world.settled('remembering', halfway.topic)
        expect(withoutRepeats(await world.read(halfway.topic)).repeats).toBeGreaterThan(0)
        const { events, repeats } = withoutRepeats(await world.read(leaving.topic))
        expectExact(events, 8, 20)
        expect(repeats).toBe(0)
        expect(remembering.fatal).toEqual([])
      }),
    )

    test('holds each of several results that the stage before made of one event', () =>
      inWorld(options, 2, async (world) => {
        const parts = ['first', 'second', 'third']
        await world.startRemembering({ from: halfway })
        const killed = await world.startNumbering({ to: halfway, parts })
        killed.killAt('after-publish', 2)
        await world.publish(rounds(8, 1, 5))
        await world.settled('remembering', halfway.topic)
        await world.publish(rounds(8, 6, 10))
        await killed.killed
        await killed.running.stop()
        await world.startNumbering({ to: halfway, parts })
        await world.settled('numbering')
        await world.settled('remembering', halfway.topic)
        const { events } = withoutRepeats(await world.read(leaving.topic))
        expect(events.length).toBe(8 * 10 * parts.length)
        expect(Math.max(...events.map(({ number }) => number))).toBe(10 * parts.length)
      }),
    )

    test('is released once when its partition is given away, so that what it took can be counted off', () =>
      inWorld(options, 1, async (world) => {
        const released: ReadonlyMap<string, unknown>[] = []
        await world.startRemembering({ onRelease: (memory) => void released.push(memory) })
        await world.publish(rounds(2, 1, 5))
        await world.settled('remembering')
        expect(released).toEqual([])
        await world.startRemembering()
        await until('the memory is released', () => released.length > 0)
        expect(released.map(({ size }) => size)).toEqual([2])
      }),
    )

    test('is not overwritten by an older snapshot of a process that lost the partition', () =>
      inWorld(options, 1, async (world) => {
        await world.startRemembering()
        await world.publish(rounds(1, 1, 10))
        await world.settled('remembering')
        const old = new Map([['acme:viewer-0', { number: 3, digest: 'old' }]])
        world.store.writeSnapshot(arriving.topic, 0, old, { nextOffset: 3n, sources: {} })
        expect(world.store.refusedSnapshots()).toBe(1)
        const later = await world.startRemembering()
        await world.publish(rounds(1, 11, 12))
        await world.settled('remembering')
        await later.running.stop()
        expectExact(withoutRepeats(await world.read(leaving.topic)).events, 1, 12)
      }),
    )

    test('is of no use to a record that its stage cannot read: the snapshot moves on past it', () =>
      inWorld(options, 1, async (world) => {
        await world.bus.createTopics([{ name: 'dlq.ml-scoring.v1', compacted: false, retentionMs: 60_000 }], 1)
        await world.publish([...rounds(1, 1, 3), { ...sampleEvent('viewer-0', 0), value: 'no event' }, ...rounds(1, 4, 5)])
        await world.startRemembering()
        await world.settled('remembering')
        expect((await world.read(leaving.topic)).map(publishedIn).map(({ number }) => number)).toEqual([1, 2, 3, 4, 5])
        expect((await world.read('dlq.ml-scoring.v1')).length).toBe(1)
        expect(world.store.snapshotOf(arriving.topic, 0)?.position.nextOffset).toBe(6n)
      }),
    )
  })
}

/** A stage whose snapshots are captured and not written until they are let go. */
async function startHeldBack(world: World, snapshotIntervalMs: number) {
  const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const process = await world.startRemembering({ snapshotIntervalMs, whileWriting: () => (begun.resolve(), gate.promise) })
  return { process, begun: begun.promise, letGo: () => gate.resolve() }
}
