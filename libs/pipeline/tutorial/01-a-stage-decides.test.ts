import { expect, test } from '@jest/globals'
import { eventAccepted } from '@ott/contracts/event-accepted'
import { sampleEvent, type SampleEvent } from '../src/conformance/sample-events.ts'
import { readerOf, type Received } from '../src/define-stage.ts'
import { emit, emitOf, filtered, type Decision } from '../src/outcome.ts'

/*
 * Chapter 1: a stage decides.
 *
 * A stage is one step of the pipeline. Its heart is a function from an event to a decision. That function is pure: no
 * clock, no random numbers, no environment, no I/O. So it can be tried without a broker, a database or a fake of either,
 * and it gives the same answer when the work is repeated after a crash.
 */

/** Lets every event through except trailers. */
function decide({ event }: Received<SampleEvent>): Decision {
  const { type, data } = event.data.event
  if (type === 'com.ott.playback.started.v1' && data['trailer'] === true) return filtered('trailer')
  return emit([emitOf(eventAccepted, event.data)])
}

// An event reaches a decision as the record that brought it, read against its contract.
const read = readerOf(eventAccepted)

function receive(data: object): Received<SampleEvent> {
  const { topic, key, value } = sampleEvent('viewer-1', 1)
  const event = JSON.parse(String(value)) as SampleEvent
  Object.assign(event.data.event.data, data)
  const bytes = Buffer.from(JSON.stringify(event))
  const result = read({ topic, partition: 0, offset: 0n, timestampMs: 0, key, value: bytes, headers: {} })
  if (!result.ok) throw new Error(result.cause.detail)
  return result.received
}

test('a decision is a value: what came of the event, and what is to be published and saved', () => {
  expect(decide(receive({}))).toMatchObject({ outcome: { kind: 'emitted' }, rows: [] })
})

test('a "no" is an outcome with a reason, not an error', () => {
  expect(decide(receive({ trailer: true }))).toEqual({ outcome: { kind: 'filtered', reason: 'trailer' }, emits: [], rows: [] })
})

test('the same event gives the same decision, however often it is asked', () => {
  expect(decide(receive({ n: 3 }))).toEqual(decide(receive({ n: 3 })))
})
