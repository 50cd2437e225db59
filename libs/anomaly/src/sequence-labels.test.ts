import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { labelHorizonMs, labelOfWindow, labelSourceOf, type JudgedCase, type ViewerOutcome } from './sequence-labels.ts'

const endMs = 1_000 * labelHorizonMs
const whenOver = { nowMs: endMs + labelHorizonMs }

function cases(...given: [afterMs: number, verdict: JudgedCase['verdict']][]): ViewerOutcome {
  return { cases: given.map(([afterMs, verdict]) => ({ openedMs: endMs + afterMs, verdict })), breachesMs: [] }
}

test('breaches label windows until fifty cases have been decided each way', () => {
  expect([{ confirmed: 49, dismissed: 900 }, { confirmed: 900, dismissed: 49 }, { confirmed: 50, dismissed: 50 }].map(labelSourceOf)).toEqual(['breaches', 'breaches', 'cases'])
})

test('a case that was confirmed within the horizon makes a window risky, dismissed ones and none make it ordinary', () => {
  const label = (outcome: ViewerOutcome) => labelOfWindow(endMs, outcome, { source: 'cases', ...whenOver })
  expect(label(cases([1, 'confirmed'], [2, 'open']))).toBe(1)
  expect(label(cases([1, 'dismissed']))).toBe(0)
  expect(label(cases())).toBe(0)
})

test('of the latest windows none is labelled before its horizon is over, be there trouble or not: they would all be trouble', () => {
  const troubled: ViewerOutcome = { ...cases([1, 'confirmed']), breachesMs: [endMs + 1] }
  for (const source of ['cases', 'breaches'] as const) {
    expect([-1, 0].map((lateMs) => labelOfWindow(endMs, troubled, { source, nowMs: whenOver.nowMs + lateMs }))).toEqual([undefined, 1])
  }
})

test('nobody knows yet about a window with an open case, or whose horizon is not over', () => {
  expect(labelOfWindow(endMs, cases([1, 'open']), { source: 'cases', ...whenOver })).toBeUndefined()
  expect(labelOfWindow(endMs, cases(), { source: 'cases', nowMs: whenOver.nowMs - 1 })).toBeUndefined()
  expect(labelOfWindow(endMs, cases(), { source: 'breaches', nowMs: whenOver.nowMs - 1 })).toBeUndefined()
})

test('only what comes after the window within the horizon counts, the last event of the window itself does not', () => {
  const outcomeAt = (afterMs: number): ViewerOutcome => ({ ...cases([afterMs, 'confirmed']), breachesMs: [endMs + afterMs] })
  for (const source of ['cases', 'breaches'] as const) {
    const labels = [-1, 0, 1, labelHorizonMs, labelHorizonMs + 1].map((afterMs) => labelOfWindow(endMs, outcomeAt(afterMs), { source, ...whenOver }))
    expect(labels).toEqual([0, 0, 1, 1, 0])
  }
})

test('a label that was given once is the same however much later it is asked for', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -10, max: 30 })), fc.integer({ min: 0, max: 40 }), fc.nat(100), (hours, nowHours, laterHours) => {
      const hourMs = 3_600_000
      const known = hours.filter((hour) => hour <= nowHours)
      const outcome = (given: readonly number[]): ViewerOutcome => ({ cases: [], breachesMs: given.map((hour) => endMs + hour * hourMs) })
      const first = labelOfWindow(endMs, outcome(known), { source: 'breaches', nowMs: endMs + nowHours * hourMs })
      const later = labelOfWindow(endMs, outcome(hours), { source: 'breaches', nowMs: endMs + (nowHours + laterHours + 30) * hourMs })
      if (first !== undefined) expect(later).toBe(first)
    }),
  )
})
