import { expect, test } from '@jest/globals'
import { arriving, leaving, sampleEvent, type SampleEvent } from '../src/conformance/sample-events.ts'
import { defineStage, readerOf, type Received } from '../src/define-stage.ts'
import { UnprocessableError } from '../src/errors.ts'
import { deadLetter, duplicate, emit, emitOf, filtered } from '../src/outcome.ts'
import { allDone, busWith, start } from './run-in-memory.ts'

/*
 * Chapter 3: outcomes.
 *
 * Each event ends a stage in exactly one way. It is emitted, is a duplicate, is filtered, or becomes a dead letter. These
 * are counted, and the ledger adds them up: what was accepted and has no outcome is missing.
 *
 * Errors are for what is not the event's doing. `UnprocessableError` is the exception: thrown deep inside a decision, it
 * says that this one event can't be worked on, ever.
 */
const sorting = defineStage({
  name: 'compliance',
  read: readerOf(arriving),
  produces: [leaving],
  needsNoTransaction: true,
  load: async () => undefined,
  recall: () => undefined,
  decide({ event }: Received<SampleEvent>) {
    switch (event.data.event.data['mark']) {
      case 'again':
        return duplicate()
      case 'unwanted':
        return filtered('unwanted_type')
      case 'impossible':
        return deadLetter({ reason: 'impossible', detail: 'data.mark: is impossible' })
      case 'deep':
        throw new UnprocessableError('too_deep', 'data: is nested too deep')
      case 'bug':
        throw new TypeError('a bug')
      default:
        return emit([emitOf(leaving, event.data)])
    }
  },
})

const deadLetters = 'dlq.compliance.v1'

test('every event has one outcome, counted by tenant and reason', async () => {
  const bus = await busWith([arriving.topic, leaving.topic, deadLetters])
  const marks = [undefined, 'again', 'unwanted', 'impossible', 'deep', undefined]
  await bus.publish(marks.map((mark, n) => sampleEvent('ada', n, mark === undefined ? {} : { mark })))
  const stage = await start(sorting, bus, arriving.topic)
  await allDone(bus, sorting, arriving.topic)
  await stage.stop()
  expect(Object.fromEntries(stage.reports[0]?.outcomes ?? [])).toEqual({
    'acme emitted ': 2,
    'acme duplicate ': 1,
    'acme filtered unwanted_type': 1,
    'acme dead_lettered impossible': 1,
    'acme dead_lettered too_deep': 1,
  })
})

test('a dead letter holds the bytes as they came, and headers say why, where and when it was given up', async () => {
  const bus = await busWith([arriving.topic, leaving.topic, deadLetters])
  await bus.publish([{ ...sampleEvent('ada', 1), value: 'no JSON' }, sampleEvent('ada', 2)])
  const stage = await start(sorting, bus, arriving.topic)
  await allDone(bus, sorting, arriving.topic)
  await stage.stop()
  const [letter] = bus.readAll(deadLetters)
  expect(String(letter?.value)).toBe('no JSON')
  expect(letter?.key).toBe('acme:ada')
  expect(letter?.headers).toMatchObject({ 'dlq-reason': 'malformed', 'dlq-stage': 'compliance', 'dlq-offset': '0' })
  expect(bus.readAll(leaving.topic).length).toBe(1)
})

test('an error that nobody foresaw ends the process rather than hiding; the event stays where it is', async () => {
  const bus = await busWith([arriving.topic, leaving.topic, deadLetters])
  await bus.publish([sampleEvent('ada', 1), sampleEvent('ada', 2, { mark: 'bug' })])
  const stage = await start(sorting, bus, arriving.topic)
  expect((await stage.failed).message).toContain('a bug')
  await stage.stop()
  expect(await bus.lag(sorting.name, [arriving.topic])).toBe(1n)
})
