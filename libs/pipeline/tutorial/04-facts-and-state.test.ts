import { expect, test } from '@jest/globals'
import { arriving, leaving, publishedIn, sampleEvent, type SampleEvent } from '../src/conformance/sample-events.ts'
import { defineStage, readerOf, type Received } from '../src/define-stage.ts'
import { emit, emitOf } from '../src/outcome.ts'
import { allDone, busWith, start } from './run-in-memory.ts'

/*
 * Chapter 4: facts loaded once per batch, state folded per viewer.
 *
 * Most decisions need to know something. `load` fetches it for a whole batch, in one round trip. Out of these facts `recall`
 * takes the state that one event's decision needs; the decision answers with the new state, and `remember` puts it
 * back. So the next event of the same viewer builds on it, though nothing was written yet.
 */
function countingStage(known: ReadonlyMap<string, number>) {
  const loads: number[] = []
  const stage = defineStage({
    name: 'compliance',
    read: readerOf(arriving),
    produces: [leaving],
    needsNoTransaction: true,
    async load(batch: readonly Received<SampleEvent>[]) {
      loads.push(batch.length)
      return new Map(known)
    },
    recall: (counts, { subject }) => counts.get(subject) ?? 0,
    decide({ event }: Received<SampleEvent>, count: number) {
      const data = { ...event.data, event: { ...event.data.event, data: { ...event.data.event.data, number: count + 1 } } }
      return emit<never, number>([emitOf(leaving, data)], [], count + 1)
    },
    remember: (counts: Map<string, number>, { subject }, count) => void counts.set(subject, count),
  })
  return { stage, loads }
}

test('facts are fetched once for all events of a batch', async () => {
  const bus = await busWith([arriving.topic, leaving.topic])
  await bus.publish(Array.from({ length: 100 }, (_, n) => sampleEvent('ada', n)))
  const { stage, loads } = countingStage(new Map())
  const running = await start(stage, bus, arriving.topic)
  await allDone(bus, stage, arriving.topic)
  await running.stop()
  expect(loads).toEqual([100])
})

test('each event of a viewer sees what the one before came to, and viewers do not see one another', async () => {
  const bus = await busWith([arriving.topic, leaving.topic])
  await bus.publish([sampleEvent('ada', 1), sampleEvent('bob', 1), sampleEvent('ada', 2), sampleEvent('bob', 2)])
  const { stage } = countingStage(new Map([['ada', 10]]))
  const running = await start(stage, bus, arriving.topic)
  await allDone(bus, stage, arriving.topic)
  await running.stop()
  const numbers = bus.readAll(leaving.topic).map(publishedIn)
  expect(numbers.map(({ key, number }) => [key, number])).toEqual([
    ['acme:ada', 11],
    ['acme:bob', 1],
    ['acme:ada', 12],
    ['acme:bob', 2],
  ])
})
