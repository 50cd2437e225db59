import { expect, test } from '@jest/globals'
import { allDone, busWith, start } from '../tutorial/run-in-memory.ts'
import { arriving, leaving, sampleEvent, type SampleEvent } from './conformance/sample-events.ts'
import { defineStage, readerOf, type Received } from './define-stage.ts'
import { TransientError } from './errors.ts'
import { emit, emitOf, type Decision } from './outcome.ts'
import { coordinatesOf } from './record.ts'
import type { StageTracer } from './stage-tracer.ts'

const trace = sampleEvent('ada', 1).headers['traceparent']

/** A stage with rows that notes which trace each was saved under. */
function savingStage(saved: string[], save: () => void = () => undefined) {
  return defineStage({
    name: 'compliance',
    read: readerOf(arriving),
    produces: [leaving],
    load: async (_batch: readonly Received<SampleEvent>[]) => undefined,
    recall: () => undefined,
    decide: ({ event }: Received<SampleEvent>): Decision<string> => emit([emitOf(leaving, event.data)], ['row']),
    async save(rows) {
      save()
      saved.push(...rows.map(({ received }) => received.traceparent ?? ''))
    },
  })
}

/** Notes what it is told, in order. */
function notingTracer() {
  const told: string[] = []
  const tracer: StageTracer = {
    follow(received) {
      told.push(`follow ${received.record.offset}`)
      return { ...received, traceparent: `step of ${coordinatesOf(received.record)}` }
    },
    async share(batch, work) {
      told.push(`share ${batch.length}`)
      return work()
    },
    settled: (records) => void told.push(...records.map(({ record, outcome }) => `${outcome.kind} ${record.offset}`)),
    givenBack: (records) => void told.push(`given back ${records.length}`),
  }
  return { told, tracer }
}

async function runWith(tracer: StageTracer | undefined, stage: ReturnType<typeof savingStage>) {
  const bus = await busWith([arriving.topic, leaving.topic, 'dlq.compliance.v1'])
  await bus.publish([sampleEvent('ada', 1), { ...sampleEvent('bob', 1), value: 'no event' }])
  const running = await start(stage, bus, arriving.topic, { tracer })
  await allDone(bus, stage, arriving.topic)
  await running.stop()
  return { emitted: bus.readAll(leaving.topic), letters: bus.readAll('dlq.compliance.v1') }
}

test('what an event makes, rows and records alike, is of its step in this stage', async () => {
  const { tracer, told } = notingTracer()
  const saved: string[] = []
  const { emitted } = await runWith(tracer, savingStage(saved))
  expect(saved).toEqual([`step of ${arriving.topic}/0/0`])
  expect(emitted.map(({ headers }) => headers['traceparent'])).toEqual(saved)
  // A step ends when what it made is published; what is over by then is not given back.
  expect(told).toEqual(['follow 0', 'share 1', 'dead_lettered 1', 'emitted 0', 'given back 2'])
})

test('a dead letter keeps the trace that its record came with', async () => {
  const { letters } = await runWith(notingTracer().tracer, savingStage([]))
  expect(letters.map(({ headers }) => headers['traceparent'])).toEqual([trace])
})

test('a try that is repeated follows the same record again, and shares its work again', async () => {
  const { tracer, told } = notingTracer()
  let tries = 0
  await runWith(
    tracer,
    savingStage([], () => {
      if (tries++ === 0) throw new TransientError('away')
    }),
  )
  expect(told).toEqual(['follow 0', 'share 1', 'follow 0', 'share 1', 'dead_lettered 1', 'emitted 0', 'given back 2'])
})

test('the bytes of what is published are the same with a tracer and without; without one the trace passes as it came', async () => {
  const traced = await runWith(notingTracer().tracer, savingStage([]))
  const bare = await runWith(undefined, savingStage([]))
  expect(traced.emitted.map(({ value, key }) => [String(value), key])).toEqual(bare.emitted.map(({ value, key }) => [String(value), key]))
  expect(bare.emitted.map(({ headers }) => headers['traceparent'])).toEqual([trace])
})
