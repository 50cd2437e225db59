import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  appendEvent,
  emptySequence,
  isSequence,
  sequenceFeatureNames,
  sequenceFeatures,
  sequenceLength,
  sequenceSteps,
  timesOfSequence,
  windowOfSequence,
  writeWindow,
  type EventSequence,
  type SequencedEvent,
} from './event-sequence.ts'
import type { Observation } from './observation.ts'

const nothing: Observation = { consentChanges: 0, findings: 0, records: 0, signInFailures: 0, signedIn: false, requests: 1, errors: 0, location: undefined }
const sixOClockMs = Date.parse('2026-03-01T06:00:00Z')

function anEvent(observation: Partial<Observation> = {}, atMs = sixOClockMs, speedKmh = 0): SequencedEvent {
  return { atMs, observation: { ...nothing, ...observation }, speedKmh }
}

function sequenceOf(...events: SequencedEvent[]): EventSequence {
  return events.reduce(appendEvent, emptySequence)
}

/** The features of one step by name, the last of the window where it isn't said. */
function stepOf(sequence: EventSequence, step = sequenceSteps - 1): Record<string, number> {
  const window = windowOfSequence(sequence)
  return Object.fromEntries(sequenceFeatureNames.map((name, feature) => [name, window[step * sequenceFeatures + feature]!]))
}

const anyEvent: fc.Arbitrary<SequencedEvent> = fc.record({
  atMs: fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.double({ noNaN: true, noDefaultInfinity: true })),
  observation: fc.record({
    consentChanges: fc.constantFrom(0, 1),
    findings: fc.nat(),
    records: fc.double({ min: 0, noNaN: true }),
    signInFailures: fc.nat(),
    signedIn: fc.boolean(),
    requests: fc.constantFrom(0, 1),
    errors: fc.constantFrom(0, 1),
    location: fc.constant(undefined),
  }),
  speedKmh: fc.double({ min: 0, noNaN: true }),
})

test('each feature stands in its column, on its scale', () => {
  const pauseMs = 90_000
  const step = stepOf(sequenceOf(anEvent(), anEvent({ findings: 2, records: 400, errors: 1 }, sixOClockMs + pauseMs, 900)))
  expect(step['pause']).toBeCloseTo(Math.log1p(90))
  expect(step['findings']).toBeCloseTo(Math.log1p(2), 0)
  expect(step['records']).toBeCloseTo(Math.log1p(400), 0)
  expect(step['travel']).toBeCloseTo(Math.log1p(9), 0)
  expect(step).toMatchObject({ signIn: 0, disturbance: 1 })
})

test('the hour of day is a place on a circle, so 23:30 and 0:30 are near each other', () => {
  expect(stepOf(sequenceOf(anEvent()))).toMatchObject({ hourSine: 1, hourCosine: expect.closeTo(0) })
  const [late, early] = ['2026-03-01T23:30:00Z', '2026-03-02T00:30:00Z'].map((time) => stepOf(sequenceOf(anEvent({}, Date.parse(time)))))
  expect(late!['hourCosine']).toBeCloseTo(early!['hourCosine']!)
  expect(Math.abs(late!['hourSine']! - early!['hourSine']!)).toBeLessThan(0.3)
})

test('a failed and a correct sign-in, an error and a change of consent have opposite signs', () => {
  const failed = stepOf(sequenceOf(anEvent({ signInFailures: 30 })))
  const correct = stepOf(sequenceOf(anEvent({ signedIn: true })))
  expect([failed['signIn']! > 3, correct['signIn'], failed['disturbance']]).toEqual([true, -1, 0])
  expect(stepOf(sequenceOf(anEvent({ consentChanges: 1 })))['disturbance']).toBe(-1)
})

test('counts from 0 to 6 are told apart, and a larger count never looks smaller', () => {
  const seen = [0, 1, 2, 3, 4, 5, 6].map((findings) => stepOf(sequenceOf(anEvent({ findings })))['findings'])
  expect(new Set(seen).size).toBe(7)
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (a, b) => {
      const [smaller, larger] = [Math.min(a, b), Math.max(a, b)].map((records) => stepOf(sequenceOf(anEvent({ records })))['records'])
      expect(smaller).toBeLessThanOrEqual(larger!)
    }),
  )
})

test('a short history stands at the end of the window, after steps of zeros', () => {
  const window = windowOfSequence(sequenceOf(anEvent(), anEvent()))
  const isPadding = Array.from({ length: sequenceSteps }, (_, step) => window.subarray(step * sequenceFeatures, (step + 1) * sequenceFeatures).every((value) => value === 0))
  expect(isPadding).toEqual([...Array<boolean>(22).fill(true), false, false])
})

test('the last 24 events count, and where the others were is forgotten', () => {
  const events = Array.from({ length: 40 }, (_, index) => anEvent({ findings: index }, sixOClockMs + index * 60_000))
  expect(sequenceOf(...events)).toBe(sequenceOf(...events.slice(-24)))
})

test('an event from the future is gone after 24 others, and those after it count as without a pause', () => {
  const future = sequenceOf(anEvent({}, sixOClockMs + 1e12), anEvent())
  expect(stepOf(future)['pause']).toBe(0)
  const healed = Array.from({ length: 24 }, () => anEvent()).reduce(appendEvent, future)
  expect(healed).toBe(sequenceOf(...Array.from({ length: 24 }, () => anEvent())))
})

test('whatever happened, a window is finite, bounded, without a step of zeros after the first event, and the sequence small plain JSON', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
      const sequence = sequenceOf(...events)
      expect(sequence.length).toBeLessThanOrEqual(264)
      expect(isSequence(JSON.parse(JSON.stringify(sequence)) as string)).toBe(true)
      expect(sequenceLength(sequence)).toBe(Math.min(24, events.length))
      const window = windowOfSequence(sequence)
      expect(window.every((value) => value >= -1 && value <= 14)).toBe(true)
      for (let step = 24 - sequenceLength(sequence); step < 24; step += 1) {
        expect(window.subarray(step * sequenceFeatures, (step + 1) * sequenceFeatures).some((value) => value !== 0)).toBe(true)
      }
    }),
  )
})

test('saved and read between any two events, a sequence goes on as if nothing had happened', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 40 }), fc.nat(40), (events, at) => {
      const saved = JSON.parse(JSON.stringify(sequenceOf(...events.slice(0, at)))) as EventSequence
      expect(events.slice(at).reduce(appendEvent, saved)).toBe(sequenceOf(...events))
    }),
  )
})

test('windows of many viewers are written side by side', () => {
  const batch = new Float32Array(2 * sequenceSteps * sequenceFeatures)
  const [first, second] = [sequenceOf(anEvent({ findings: 1 })), sequenceOf(anEvent({ records: 9 }))]
  writeWindow(first, batch, 0)
  writeWindow(second, batch, sequenceSteps * sequenceFeatures)
  expect([batch.subarray(0, 192), batch.subarray(192)]).toEqual([windowOfSequence(first), windowOfSequence(second)])
})

test('times come back to a tenth of a second, in the order of arrival', () => {
  const atMs = [Date.UTC(2026, 2, 1, 12, 0, 0, 400), Date.UTC(2026, 2, 1, 11), Date.UTC(2026, 2, 2)]
  expect(timesOfSequence(sequenceOf(...atMs.map((time) => anEvent({}, time))))).toEqual(atMs)
  expect(timesOfSequence(emptySequence)).toEqual([])
})

test.each([
  ['half an event', 'AAAAA'],
  ['a letter outside of the alphabet', 'AAAAAAAAAA?'],
  ['a letter beyond ASCII', 'ŁAAAAAAAAAA'],
  ['an unknown kind', 'AAAAAA9AAAA'],
  ['25 events', 'A'.repeat(275)],
])('%s is no sequence', (_, text) => {
  expect(isSequence(text)).toBe(false)
  expect(() => windowOfSequence(text)).toThrow(/no sequence/)
})

test('an event without a readable time, and a batch without room, are refused', () => {
  expect(() => appendEvent(emptySequence, anEvent({}, Number.NaN))).toThrow(/event time/)
  expect(() => writeWindow(emptySequence, new Float32Array(191), 0)).toThrow(/no window fits/)
})
