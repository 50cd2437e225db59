import { expect, test } from '@jest/globals'
import { arriving, leaving, sampleEvent, type SampleEvent } from '../src/conformance/sample-events.ts'
import { defineStage, readerOf, type Received } from '../src/define-stage.ts'
import { emit, emitOf } from '../src/outcome.ts'
import { allDone, busWith, start } from './run-in-memory.ts'

/*
 * Chapter 2: emitting.
 *
 * `defineStage` names a stage's parts: how records are read, what `load` fetches, what `recall` takes out of that for one
 * event, and the decision. The runtime does the rest: it reads whole batches, carries decisions out and commits. A stage
 * never sees a producer. It says what is to be published, and the runtime gives it an id, a key and headers.
 */
const passOn = defineStage({
  name: 'compliance',
  read: readerOf(arriving),
  produces: [leaving],
  needsNoTransaction: true,
  load: async () => undefined,
  recall: () => undefined,
  decide: ({ event }: Received<SampleEvent>) =>
    emit([emitOf(leaving, event.data, { naturalKey: 'original' }), emitOf(leaving, event.data, { naturalKey: 'copy' })]),
})

async function publishedFor(viewers: readonly string[]) {
  const bus = await busWith([arriving.topic, leaving.topic])
  await bus.publish(viewers.map((viewer) => sampleEvent(viewer, 1)))
  const stage = await start(passOn, bus, arriving.topic)
  await allDone(bus, passOn, arriving.topic)
  await stage.stop()
  return bus.readAll(leaving.topic)
}

test('what a decision emits is published under the key of its viewer, so that one viewer stays in order', async () => {
  expect((await publishedFor(['ada', 'bob'])).map(({ key }) => key)).toEqual(['acme:ada', 'acme:ada', 'acme:bob', 'acme:bob'])
})

test('ids come from the parent and a natural key: doing the work again gives the same bytes', async () => {
  const once = (await publishedFor(['ada'])).map(({ value }) => String(value))
  expect((await publishedFor(['ada'])).map(({ value }) => String(value))).toEqual(once)
  expect(new Set(once.map((value) => (JSON.parse(value) as SampleEvent).id)).size).toBe(2)
})

test('the trace goes on and the timeline grows in the headers, never in the bytes', async () => {
  const [record] = await publishedFor(['ada'])
  expect(record?.headers['traceparent']).toBe(sampleEvent('ada', 1).headers['traceparent'])
  expect(record?.headers['ott-timeline']).toMatch(/^compliance:\d+:\d+$/)
})
