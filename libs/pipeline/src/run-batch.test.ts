import { expect, test } from '@jest/globals'
import { createMemoryBus } from './memory-bus.ts'
import { arriving, leaving, sampleEvent, type SampleEvent } from './conformance/sample-events.ts'
import { defineStage, readerOf, type Received } from './define-stage.ts'
import { emit, emitOf } from './outcome.ts'
import type { InboundRecord } from './record.ts'
import { planBatches } from './run-batch.ts'
import { silentObserver } from './stage-observer.ts'

/** Reads each record into a copy, as the first stage does where a producer set headers that are the stages' own. */
const copying = defineStage({
  name: 'compliance',
  read(record: InboundRecord) {
    return readerOf(arriving)({ ...record, headers: {} })
  },
  produces: [leaving],
  load: async () => undefined,
  recall: () => undefined,
  decide: ({ event }: Received<SampleEvent>) => emit([emitOf(leaving, event.data)]),
})

test('what is planned together comes back to the lane that brought it, whatever record its stage made of it', async () => {
  const recordIn = (partition: number, offset: bigint): InboundRecord => {
    const { topic, key, value } = sampleEvent(`viewer-${partition}`, Number(offset))
    return { topic, partition, offset, timestampMs: 0, key, value: Buffer.from(String(value)), headers: {} }
  }
  const lanes = [2, 0, 1].map((partition) => [recordIn(partition, 5n), recordIn(partition, 6n)])
  const plans = await planBatches(copying, lanes, {
    bus: createMemoryBus(),
    unitOfWork: (_tenants, work) => work(undefined),
    observer: silentObserver,
    nowMs: () => 0,
    random: () => 0,
  })
  expect(plans.map(({ outcomes }) => outcomes.map(({ record, publish }) => `${record.partition}/${record.offset} ${publish[0]?.key}`))).toEqual(
    [2, 0, 1].map((partition) => [5, 6].map((offset) => `${partition}/${offset} acme:viewer-${partition}`)),
  )
})
