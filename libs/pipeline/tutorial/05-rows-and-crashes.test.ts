import { expect, test } from '@jest/globals'
import { createKillableProcess } from '../src/conformance/killable-process.ts'
import { createRowStore } from '../src/conformance/row-store.ts'
import { arriving, leaving, publishedIn, rounds } from '../src/conformance/sample-events.ts'
import { numberingStage, type Remembered } from '../src/conformance/sample-stages.ts'
import type { CrashPoint } from '../src/stage-ports.ts'
import { allDone, busWith, start } from './run-in-memory.ts'

/*
 * Chapter 5: rows, transactions, and what a crash leaves behind.
 *
 * The effects of a batch have one order: rows (one transaction) → publish → commit the offset. Whenever the process dies,
 * what follows is missing, and as the offset is committed last, the next process does the whole batch again. Nothing is lost.
 *
 * For nothing to be doubled, the work must be repeatable. `numberingStage` (open `sample-stages.ts` beside this) keeps a row
 * of each event with the coordinates of the record that first carried it. The same coordinates again: a replay, emitted
 * again with the same bytes. Others: a duplicate, which emits nothing.
 */
const noFaults = { takeFault: () => undefined, heartbeats: 0, pauses: 0 }

async function crashedAt(point: CrashPoint) {
  const bus = await busWith([arriving.topic, leaving.topic])
  const store = createRowStore<Remembered>()
  const process = createKillableProcess(bus, noFaults)
  const stageOf = (guard: () => void) => numberingStage({ store, guard, from: arriving, to: leaving })
  process.killAt(point)
  await bus.publish(rounds(1, 1, 3))
  const ports = { unitOfWork: store.unitOfWork, reached: process.reached }
  const first = await start(stageOf(process.guard), process.bus as typeof bus, arriving.topic, ports)
  await process.killed
  await first.stop()
  const lag = Number(await bus.lag('compliance', [arriving.topic]))
  const left = { rows: store.rows.size, records: bus.readAll(leaving.topic).length, lag }

  const next = stageOf(() => undefined)
  const second = await start(next, bus, arriving.topic, { unitOfWork: store.unitOfWork })
  await allDone(bus, next, arriving.topic)
  await second.stop()
  return { left, rows: store.rows.size, records: bus.readAll(leaving.topic) }
}

test.each([
  ['before-save', { rows: 0, records: 0, lag: 3 }],
  ['after-save', { rows: 3, records: 0, lag: 3 }],
  ['after-publish', { rows: 3, records: 3, lag: 3 }],
  ['after-commit', { rows: 3, records: 3, lag: 0 }],
] as const)('a process that dies %s leaves this behind, and the next one completes it', async (point, left) => {
  const crashed = await crashedAt(point)
  expect(crashed.left).toEqual(left)
  expect(crashed.rows).toBe(3)
  const unique = new Map(crashed.records.map((record) => [String(record.value), publishedIn(record)]))
  expect([...unique.values()].map(({ n, number }) => [n, number])).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ])
})

test('what was published before the crash is published again, byte for byte', async () => {
  const values = (await crashedAt('after-publish')).records.map(({ value }) => String(value))
  expect(values.length).toBe(6)
  expect(values.slice(3)).toEqual(values.slice(0, 3))
})
