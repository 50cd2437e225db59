import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { EscalationPolicy } from './configuration.ts'
import { escalate, type Call, type Escalation } from './escalation.ts'
import { aRotation, aSchedule } from './on-call-fixture.ts'

const minuteMs = 60_000
const startedAtMs = Date.parse('2026-02-02T10:00:00Z')

const policy: EscalationPolicy = {
  name: 'privacy',
  repeat: 1,
  steps: [
    { afterMs: 5 * minuteMs, receivers: [], schedules: ['first-line'] },
    { afterMs: 15 * minuteMs, receivers: ['lead', 'desk'], schedules: [] },
  ],
}
const anEscalation = (parts: Partial<Escalation> = {}): Escalation => ({
  policy, schedules: [aSchedule({ name: 'first-line' })], timeIntervals: new Map(), startedAtMs, stepsDone: 0, isAcknowledged: false, isResolved: false, nowMs: startedAtMs, ...parts,
})

/** Asks again whenever the one before said to, as the service does; answers who was called in which minute. */
function callsUntilDone(parts: Partial<Escalation>, minutesMax = 1_000): readonly (readonly [number, string])[] {
  const called: (readonly [number, string])[] = []
  let [stepsDone, nowMs] = [0, startedAtMs]
  for (;;) {
    const result = escalate(anEscalation({ ...parts, stepsDone, nowMs }))
    for (const { receiver } of result.calls) called.push([(nowMs - startedAtMs) / minuteMs, receiver])
    stepsDone = result.stepsDone
    if (result.nextAtMs === undefined || result.nextAtMs > startedAtMs + minutesMax * minuteMs) return called
    nowMs = result.nextAtMs
  }
}

test('while nobody acknowledges, the steps call in turn and begin anew as often as they say', () => {
  expect(callsUntilDone({})).toEqual([[5, 'ben'], [15, 'lead'], [15, 'desk'], [25, 'ben'], [35, 'lead'], [35, 'desk']])
})

test('before a step is due nobody is called, and its time is told', () => {
  expect(escalate(anEscalation({ nowMs: startedAtMs + 5 * minuteMs - 1 }))).toEqual({ calls: [], stepsDone: 0, nextAtMs: startedAtMs + 5 * minuteMs })
})

test.each(['isAcknowledged', 'isResolved'])('once %s, nobody is called any more', (ended) => {
  expect(escalate(anEscalation({ [ended]: true, stepsDone: 1, nowMs: startedAtMs + 60 * minuteMs }))).toEqual({ calls: [], stepsDone: 1, nextAtMs: undefined })
})

test('whoever is on call when the step comes is called, not who was when it began', () => {
  const hourly = aSchedule({ name: 'first-line', rotations: [aRotation({ start: '2026-02-02T11:04:00', shift: { count: 1, unit: 'hours' } }), aRotation({ receivers: ['late'], start: '2026-02-02T11:05:00' })] })
  expect(escalate(anEscalation({ schedules: [hourly], nowMs: startedAtMs + 5 * minuteMs })).calls).toEqual([{ step: 0, round: 0, receiver: 'late' }])
})

test('where nobody is on call, or a schedule is gone, the step passes and the next one comes in its time', () => {
  expect(escalate(anEscalation({ schedules: [], nowMs: startedAtMs + 5 * minuteMs }))).toEqual({ calls: [], stepsDone: 1, nextAtMs: startedAtMs + 15 * minuteMs })
})

test('after an outage all that was due is done, and nobody is called twice at once', () => {
  const { calls, stepsDone, nextAtMs } = escalate(anEscalation({ nowMs: startedAtMs + 600 * minuteMs }))
  expect(calls.map(({ receiver }) => receiver)).toEqual(['ben', 'lead', 'desk'])
  expect([stepsDone, nextAtMs]).toEqual([4, undefined])
})

test('a policy of one step at once leaves five minutes until it comes again', () => {
  const once = { ...policy, repeat: 2, steps: [{ afterMs: 0, receivers: ['lead'], schedules: [] }] }
  expect(callsUntilDone({ policy: once })).toEqual([[0, 'lead'], [5, 'lead'], [10, 'lead']])
})

test('a policy whose first step is at once has its last wait before it begins anew, too', () => {
  const steps = [0, 10].map((minutes) => ({ afterMs: minutes * minuteMs, receivers: [`after ${minutes}`], schedules: [] }))
  expect(callsUntilDone({ policy: { ...policy, steps } }).map(([minute]) => minute)).toEqual([0, 10, 20, 30])
})

const somePolicy = fc
  .record({ gaps: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 5 }), repeat: fc.integer({ min: 0, max: 4 }) })
  .map(({ gaps, repeat }): EscalationPolicy => ({
    name: 'any',
    repeat,
    steps: gaps.map((_, index) => ({ afterMs: gaps.slice(0, index + 1).reduce((sum, gap) => sum + gap, 0) * minuteMs, receivers: [`step ${index}`], schedules: [] })),
  }))

test('asked at whatever moments, an escalation does every step once, in order, never early, and ends', () => {
  fc.assert(
    fc.property(somePolicy, fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 40 }), (any, waits) => {
      const total = any.steps.length * (any.repeat + 1)
      let [stepsDone, nowMs] = [0, startedAtMs]
      const calls: Call[] = []
      for (const wait of [...waits, 1e6]) {
        nowMs += wait * minuteMs
        const result = escalate(anEscalation({ policy: any, stepsDone, nowMs }))
        expect(result.stepsDone).toBeGreaterThanOrEqual(stepsDone)
        for (const { step } of result.calls) expect(nowMs).toBeGreaterThanOrEqual(startedAtMs + (any.steps[step]?.afterMs ?? Infinity))
        if (result.nextAtMs !== undefined) expect(result.nextAtMs).toBeGreaterThan(nowMs)
        else expect(result.stepsDone).toBe(total)
        calls.push(...result.calls)
        stepsDone = result.stepsDone
      }
      expect(stepsDone).toBe(total)
      const order = calls.map(({ step, round }) => round * any.steps.length + step)
      expect(order).toEqual([...new Set(order)].sort((a, b) => a - b))
    }),
  )
})
