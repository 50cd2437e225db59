import { describe, expect, test } from '@jest/globals'
import type { Bus } from '../bus.ts'
import type { CrashPoint } from '../stage-ports.ts'
import type { ConformanceOptions } from './conformance-bus.ts'
import { expectExact, withoutRepeats } from './published-events.ts'
import { halfway, leaving, rounds } from './sample-events.ts'
import { inWorld } from './world.ts'

const subjects = 12

/** Invariants 1 and 2: a crash between any two effects repeats work, never skips any, and repeating is harmless. */
export function describeCrashes(options: ConformanceOptions): void {
  describe('a process killed between two effects loses nothing and doubles nothing', () => {
    const numberingPoints: CrashPoint[] = ['before-save', 'after-save', 'after-publish', 'after-commit']
    test.each(numberingPoints)('state in the database, killed %s', (point) =>
      inWorld(options, 3, async (world) => {
        const first = await world.startNumbering()
        await world.publish(rounds(subjects, 1, 10))
        await world.settled('numbering')
        // Partitions that are read together are saved together: before that there may be one occasion only.
        first.killAt(point, point === 'before-save' ? 1 : 2)
        await world.publish(rounds(subjects, 11, 20))
        await first.killed
        const leftBehind = { rows: world.store.rows.size, lag: await world.bus.lag('numbering', ['conformance.arriving.v1']) }
        await first.running.stop()
        await world.publish(rounds(subjects, 21, 25))
        await world.startNumbering()
        await world.settled('numbering')
        const { events, repeats } = withoutRepeats(await world.read(leaving.topic))
        expectExact(events, subjects, 25)
        expect(world.store.rows.size).toBe(subjects * 25)
        expect(world.store.contradictions).toEqual([])
        // What was done by then is what the order of effects says: rows, then records, then the offset.
        if (point === 'after-save' || point === 'after-publish') expect(leftBehind.rows).toBeGreaterThan(subjects * 10)
        if (point !== 'after-commit') expect(leftBehind.lag).toBeGreaterThan(0n)
        if (point === 'after-publish') expect(repeats).toBeGreaterThan(0)
        // Offsets are committed behind the work: what was done since the last commit is done again, and no more than that.
        if (point === 'before-save' || point === 'after-commit') expect(repeats).toBeLessThanOrEqual(subjects * 20)
      }),
    )

    const rememberingPoints: CrashPoint[] = ['before-save', 'after-save', 'after-publish', 'after-snapshot', 'after-commit']
    test.each(rememberingPoints)('state in memory, killed %s', (point) =>
      inWorld(options, 3, async (world) => {
        const first = await world.startRemembering()
        await world.publish(rounds(subjects, 1, 10))
        await world.settled('remembering')
        first.killAt(point, 2)
        await world.publish(rounds(subjects, 11, 20))
        await first.killed
        await first.running.stop()
        await world.publish(rounds(subjects, 21, 25))
        await world.startRemembering()
        await world.settled('remembering')
        const { events, repeats } = withoutRepeats(await world.read(leaving.topic))
        expectExact(events, subjects, 25)
        expect(new Set(events.map(({ digest }) => digest)).size).toBe(subjects * 25)
        if (point === 'after-publish') expect(repeats).toBeGreaterThan(0)
      }),
    )

    test('killed over and over, at any point, two stages in a row still come to exactly the right result', () =>
      inWorld(options, 3, async (world) => {
        const points: CrashPoint[] = ['after-publish', 'after-save', 'after-snapshot', 'before-save', 'after-commit']
        for (const [index, point] of points.entries()) {
          const numbering = await world.startNumbering({ to: halfway })
          const remembering = await world.startRemembering({ from: halfway })
          const victim = point === 'after-snapshot' || index % 2 === 1 ? remembering : numbering
          victim.killAt(point)
          await world.publish(rounds(subjects, index * 5 + 1, index * 5 + 5))
          await victim.killed
          for (const process of [numbering, remembering]) {
            process.kill()
            await process.running.stop()
          }
        }
        await world.startNumbering({ to: halfway })
        await world.startRemembering({ from: halfway })
        await world.settled('numbering')
        await world.settled('remembering', halfway.topic)
        const upstream = withoutRepeats(await world.read(halfway.topic))
        expectExact(upstream.events, subjects, 25)
        expect(upstream.repeats).toBeGreaterThan(0)
        expectExact(withoutRepeats(await world.read(leaving.topic)).events, subjects, 25)
      }),
    )
  })

  describe('repeating work is harmless', () => {
    test('records offered again after the group was set back are emitted again, byte for byte, and change no row', () =>
      inWorld(options, 1, async (world) => {
        const first = await world.startNumbering()
        await world.publish(rounds(3, 1, 10))
        await world.settled('numbering')
        await first.running.stop()
        const before = JSON.stringify([...world.store.rows])
        await setBack(world, 'numbering')
        await world.startNumbering()
        await world.settled('numbering')
        const { events, repeats } = withoutRepeats(await world.read(leaving.topic))
        expectExact(events, 3, 10)
        expect(repeats).toBe(30)
        expect(JSON.stringify([...world.store.rows])).toBe(before)
      }),
    )

    test('records below the snapshot are not folded into the memory again when the group was set back', () =>
      inWorld(options, 1, async (world) => {
        const first = await world.startRemembering()
        await world.publish(rounds(3, 1, 10))
        await world.settled('remembering')
        await first.running.stop()
        await setBack(world, 'remembering')
        await world.startRemembering()
        await world.publish(rounds(3, 11, 12))
        await world.settled('remembering')
        expectExact(withoutRepeats(await world.read(leaving.topic)).events, 3, 12)
      }),
    )
  })
}

/** Commits offset 0 for a group without members. */
async function setBack({ bus }: { bus: Bus }, group: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const subscription = await bus.subscribe({
    group,
    topics: ['conformance.arriving.v1'],
    concurrency: 1,
    pace: 'batch',
    from: 'earliest',
    onBatch: async () => undefined,
    onAssigned: () => resolve(),
    onFatal: () => undefined,
  })
  await promise
  await subscription.commit('conformance.arriving.v1', 0, 0n)
  await subscription.stop()
}
