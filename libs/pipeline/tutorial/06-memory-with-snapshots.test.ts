import { expect, test } from '@jest/globals'
import { createRowStore } from '../src/conformance/row-store.ts'
import { arriving, leaving, publishedIn, rounds } from '../src/conformance/sample-events.ts'
import { rememberingStage, type Remembered } from '../src/conformance/sample-stages.ts'
import { busWith, start } from './run-in-memory.ts'

/*
 * Chapter 6: memory with snapshots.
 *
 * Reading and writing state for each batch costs a round trip. A stage that can't afford it keeps its state in memory: it has a
 * `memory` that knows how to restore and to write down what is remembered of a partition. The state belongs to whoever owns
 * the partition; it is thrown away when the partition goes.
 *
 * A snapshot holds the state *and* the offset it goes up to, and that offset is committed after the snapshot is
 * written. The next owner restores both, so that each event is folded in once, and what follows the snapshot is emitted
 * again with the same bytes.
 */
const longMs = 3_600_000

function stageOn(store: ReturnType<typeof createRowStore<Remembered>>, snapshotIntervalMs: number, guard: () => void = () => undefined) {
  return rememberingStage({ store, guard, from: arriving, to: leaving, snapshotIntervalMs })
}

test('a stage that is stopped writes its memory down, and the next one goes on from there', async () => {
  const bus = await busWith([arriving.topic, leaving.topic])
  const store = createRowStore<Remembered>()
  for (const [from, to] of [
    [1, 3],
    [4, 6],
  ] as const) {
    const running = await start(stageOn(store, longMs), bus, arriving.topic)
    await bus.publish(rounds(1, from, to))
    while (bus.readAll(leaving.topic).length < to) await new Promise((resolve) => setTimeout(resolve, 2))
    await running.stop()
    expect(store.snapshotOf(arriving.topic, 0)?.position.nextOffset).toBe(BigInt(to))
  }
  expect(bus.readAll(leaving.topic).map(publishedIn).map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6])
})

test('a stage that is killed leaves its last snapshot: what followed is folded again, to the same bytes', async () => {
  const bus = await busWith([arriving.topic, leaving.topic])
  const store = createRowStore<Remembered>()
  let dead = false
  const guard = () => {
    if (dead) throw new Error('killed')
  }
  const killed = await start(stageOn(store, longMs, guard), bus, arriving.topic)
  await bus.publish(rounds(1, 1, 3))
  while (bus.readAll(leaving.topic).length < 3) await new Promise((resolve) => setTimeout(resolve, 2))
  dead = true
  await killed.stop()
  expect(store.snapshotOf(arriving.topic, 0)).toBeUndefined()

  const next = await start(stageOn(store, longMs), bus, arriving.topic)
  while (bus.readAll(leaving.topic).length < 6) await new Promise((resolve) => setTimeout(resolve, 2))
  await next.stop()
  const values = bus.readAll(leaving.topic).map(({ value }) => String(value))
  expect(values.slice(3)).toEqual(values.slice(0, 3))
})
