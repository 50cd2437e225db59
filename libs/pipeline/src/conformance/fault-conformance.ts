import { describe, expect, test } from '@jest/globals'
import { TransientError } from '../errors.ts'
import type { ConformanceOptions } from './conformance-bus.ts'
import { expectExact, withoutRepeats } from './published-events.ts'
import { leaving, rounds } from './sample-events.ts'
import type { FaultPoint } from './row-store.ts'
import { deadLetterTopic, inWorld, until } from './world.ts'

const times = (count: number) => Array.from({ length: count }, () => new TransientError('is away'))

/** Invariant 4, second half: what passes is waited for and never held against an event. */
export function describeFaults(options: ConformanceOptions): void {
  describe('a fault that passes', () => {
    const points: FaultPoint[] = ['load', 'save', 'publish', 'commit']
    test.each(points)('in %s, more often than an unforeseen one may come: is waited for, and nothing is given up', (point) =>
      inWorld(options, 1, async (world) => {
        world.store.failNext(point, times(5))
        await world.publish(rounds(3, 1, 10))
        const process = await world.startNumbering({ settings: { attemptsMax: 2 } })
        await world.settled('numbering')
        expect(world.store.faultsLeft(point)).toBe(0)
        // A commit is tried again behind the work and holds nothing up, so nothing has to be kept alive meanwhile.
        if (point !== 'commit') expect(world.heartbeats).toBeGreaterThanOrEqual(5)
        expect(process.transientFaults.length).toBe(5)
        const { events, repeats } = withoutRepeats(await world.read(leaving.topic))
        expectExact(events, 3, 10)
        expect(repeats).toBe(0)
        expect(await world.read(deadLetterTopic)).toEqual([])
        expect(process.fatal).toEqual([])
      }),
    )

    test.each(['load', 'save'] as const)('in %s, that lasts: gives the partition back and goes on with the same records', (point) =>
      inWorld(options, 1, async (world) => {
        world.store.failNext(point, times(3))
        await world.publish(rounds(3, 1, 10))
        await world.startNumbering({ settings: { holdMsMax: 0 } })
        await world.settled('numbering')
        expect(world.pauses).toBe(3)
        expectExact(withoutRepeats(await world.read(leaving.topic)).events, 3, 10)
      }),
    )

    test('in publishing, while the connection is lost too: what is remembered afterwards includes every event', () =>
      inWorld(options, 1, async (world) => {
        const process = await world.startRemembering({ snapshotIntervalMs: 200 })
        await world.publish(rounds(3, 1, 5))
        await world.settled('remembering')
        // Worked on, published, not yet in a snapshot: the lane that is thrown away next holds them.
        await world.publish(rounds(3, 6, 8))
        await until('these are published', async () => (await world.bus.endOffsets(leaving.topic))[0] === 24n)
        world.store.failNext('publish', times(1))
        world.store.failNext('heartbeat', [world.conformance.connectionFault()])
        await world.publish(rounds(3, 9, 12))
        await world.settled('remembering')
        expect(world.store.faultsLeft('heartbeat')).toBe(0)
        expectExact(withoutRepeats(await world.read(leaving.topic)).events, 3, 12)
        expect(process.fatal).toEqual([])
      }),
    )

    const whileRemembering: FaultPoint[] = ['restore', 'load', 'publish', 'snapshot', 'commit']
    test.each(whileRemembering)('in %s of a stage that remembers: nothing is folded twice', (point) =>
      inWorld(options, 2, async (world) => {
        world.store.failNext(point, times(2))
        await world.startRemembering()
        for (let round = 0; round < 4; round++) {
          await world.publish(rounds(6, round * 5 + 1, round * 5 + 5))
          await world.settled('remembering')
        }
        expectExact(withoutRepeats(await world.read(leaving.topic)).events, 6, 20)
      }),
    )

    test('in the transaction of a stage that remembers and keeps rows: the memory is as if the try had never been', () =>
      inWorld(options, 2, async (world) => {
        await world.startRemembering({ keepsRows: true, snapshotIntervalMs: 100 })
        for (let round = 0; round < 3; round++) {
          await world.publish(rounds(6, round * 5 + 1, round * 5 + 3))
          await until('the round is done', () => world.store.rows.size === 6 * (round * 5 + 3))
          world.store.failNext('save', times(1))
          await world.publish(rounds(6, round * 5 + 4, round * 5 + 5))
          await world.settled('remembering')
        }
        expect(world.store.faultsLeft('save')).toBe(0)
        expectExact(withoutRepeats(await world.read(leaving.topic)).events, 6, 15)
        expect(world.store.contradictions).toEqual([])
      }),
    )
  })

  describe('a fault nobody foresaw', () => {
    test.each(['load', 'save', 'publish'] as const)('in %s: is tried again; when it stays, the process ends and gives up no event', (point) =>
      inWorld(options, 1, async (world) => {
        const unforeseen = (count: number) => Array.from({ length: count }, () => new RangeError('nobody foresaw this'))
        world.store.failNext(point, unforeseen(2))
        await world.publish(rounds(2, 1, 5))
        const first = await world.startNumbering()
        await world.settled('numbering')
        expect(first.fatal).toEqual([])
        world.store.failNext(point, unforeseen(3))
        await world.publish(rounds(2, 6, 10))
        expect((await first.failed).message).toBe('nobody foresaw this')
        expect(first.running.isReady()).toBe(false)
        await first.running.stop()
        await world.startNumbering()
        await world.settled('numbering')
        expectExact(withoutRepeats(await world.read(leaving.topic)).events, 2, 10)
        expect(await world.read(deadLetterTopic)).toEqual([])
      }),
    )
  })

  describe('work that takes long', () => {
    test('keeps the membership: the batch is not worked on twice', () =>
      inWorld(options, 1, async (world) => {
        let slow = true
        const whileSaving = async () => {
          if (slow) await new Promise((resolve) => setTimeout(resolve, options.slowWorkMs))
          slow = false
        }
        await world.publish(rounds(3, 1, 3))
        const process = await world.startNumbering({ whileSaving })
        await until('the slow save began', () => world.store.transactions.length === 1)
        await world.settled('numbering')
        expect(world.store.transactions.length).toBe(1)
        const { events, repeats } = withoutRepeats(await world.read(leaving.topic))
        expectExact(events, 3, 3)
        expect(repeats).toBe(0)
        expect(process.fatal).toEqual([])
      }),
    )
  })

  describe('a bus that goes away', () => {
    // Kafka's broker can't be stopped from here: the chaos run kills it.
    if (!options.canGoAway) return
    test.each(['numbering', 'remembering'] as const)('while events are in work: everything is there when it is back (%s)', (kind) =>
      inWorld(options, 3, async (world) => {
        const process = await (kind === 'numbering' ? world.startNumbering() : world.startRemembering())
        for (let round = 0; round < 3; round++) {
          await world.publish(rounds(12, round * 10 + 1, round * 10 + 10))
          await new Promise((resolve) => setTimeout(resolve, round * 3))
          world.conformance.setAway?.(true)
          await new Promise((resolve) => setTimeout(resolve, 150))
          world.conformance.setAway?.(false)
        }
        await world.settled(kind)
        expectExact(withoutRepeats(await world.read(leaving.topic)).events, 12, 30)
        expect(process.fatal).toEqual([])
      }),
    )
  })
}
