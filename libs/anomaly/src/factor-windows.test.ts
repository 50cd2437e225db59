import { expect, test } from '@jest/globals'
import type { RiskFactorName } from '@ott/contracts/event-scored'
import fc from 'fast-check'
import { sequenceLength, sequenceSteps } from './event-sequence.ts'
import { windowedFactorNames, windowedFactors } from './factor-windows.ts'
import { observationOf, type Observation } from './observation.ts'
import { riskFactors } from './risk-factors.ts'
import { experienceOf, factorsOf, observe, windowedFactorsOf, windowedValuesOf, type RiskProfile } from './risk-profile.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const now = Date.UTC(2026, 0, 31, 20, 30)
const nothing = observationOf({ type: 'none', data: {} }, 0)
const berlin = { latitude: 52.52, longitude: 13.4 }
const tokyo = { latitude: 35.68, longitude: 139.69 }

type Step = readonly [minutes: number, seen: Partial<Observation>]

function profileOf(steps: readonly Step[]): RiskProfile {
  let profile: RiskProfile | undefined
  for (const [minutes, seen] of steps) profile = observe(profile, { ...nothing, ...seen }, now + minutes * minuteMs)
  if (profile === undefined) throw new Error('no steps')
  return profile
}

/** The values of one factor over 1 h, 24 h and 7 d. */
function valuesAt(minutes: number, factor: RiskFactorName, steps: readonly Step[]): number[] {
  const values = windowedValuesOf(profileOf(steps), now + minutes * minuteMs)
  return windowedFactors.flatMap(({ name }, column) => (name === factor ? [values[column]!] : []))
}

test('there are 18 columns, factor by factor, each over an hour, a day and a week', () => {
  expect(windowedFactorNames.slice(0, 4)).toEqual(['consentChanges.1h', 'consentChanges.24h', 'consentChanges.7d', 'pastViolations.1h'])
  expect(windowedFactorNames.length).toBe(18)
  expect(windowedFactorsOf(profileOf([[0, {}]]), now).length).toBe(18)
})

test('each window counts what lies within it, whatever the window the factor has of its own', () => {
  const at = [-8 * 24 * 60, -6 * 24 * 60, -20 * 60, -30, 0]
  const each = (seen: Partial<Observation>) => at.map((minutes): Step => [minutes, seen])
  expect(valuesAt(0, 'consentChanges', each({ consentChanges: 1 }))).toEqual([2, 3, 4])
  expect(valuesAt(0, 'pastViolations', each({ findings: 2 }))).toEqual([4, 6, 8])
  expect(valuesAt(0, 'dataAccess', each({ records: 10 }))).toEqual([20, 30, 40])
  expect(valuesAt(0, 'signInFailures', each({ signInFailures: 1 }))).toEqual([2, 3, 4])
  expect(valuesAt(0, 'errorRate', each({ requests: 20, errors: 5 }))).toEqual([0.25, 0.25, 0.25])
})

test('a journey that was impossible stays in sight for a week, in the shorter windows as long as they are', () => {
  const steps: Step[] = [[0, { location: berlin }], [10, { location: tokyo }]]
  const speed = valuesAt(10, 'impossibleTravel', steps)
  expect(speed[0]).toBeGreaterThan(10_000)
  expect(speed).toEqual([speed[0], speed[0], speed[0]])
  expect(valuesAt(3 * 60, 'impossibleTravel', steps)).toEqual([0, speed[0], speed[0]])
  expect(valuesAt(3 * 24 * 60, 'impossibleTravel', steps)).toEqual([0, 0, speed[0]])
  expect(valuesAt(8 * 24 * 60, 'impossibleTravel', steps)).toEqual([0, 0, 0])
})

test('a correct sign-in forgives over the hour alone: longer windows show that there were failures', () => {
  expect(valuesAt(3, 'signInFailures', [[0, { signInFailures: 4 }], [3, { signedIn: true }]])).toEqual([0, 4, 4])
})

test('late events count where they belong, and one from the future counts in no window before its time', () => {
  const steps: Step[] = [[0, { records: 1 }], [2 * 24 * 60, { records: 1_000 }], [-5 * 60, { records: 10 }], [-2 * 24 * 60, { records: 100 }], [1, {}]]
  expect(valuesAt(1, 'dataAccess', steps)).toEqual([1, 11, 111])
})

test('what a model sees is on the scale of its factor', () => {
  const profile = profileOf([[0, { records: 99, requests: 1 }]])
  const [scaled, values] = [windowedFactorsOf(profile, now), windowedValuesOf(profile, now)]
  for (const [column, { name }] of windowedFactors.entries()) expect(scaled[column]).toBe(riskFactors[name].scaled(values[column]!))
  expect(scaled[windowedFactorNames.indexOf('dataAccess.24h')]).toBeCloseTo(Math.log(100), 12)
})

test('a profile from before there were windows goes on, and its windows fill', () => {
  const { windows: _windows, seen: _seen, recent: _recent, ...old } = profileOf([[0, { records: 50 }]])
  expect(experienceOf(old)).toEqual({ events: 0, hours: 0 })
  expect(factorsOf(old, now).dataAccess).toBe(50)
  const next = observe(old, { ...nothing, records: 7 }, now + minuteMs)
  expect([...windowedValuesOf(next, now + minuteMs)].slice(6, 9)).toEqual([57, 7, 7])
  expect(experienceOf(next)).toEqual({ events: 1, hours: 1 })
  expect(sequenceLength(next.recent ?? '')).toBe(1)
})

test('the last events are remembered as they came, and no more of them than a model looks at', () => {
  const steps = Array.from({ length: sequenceSteps + 5 }, (_, minutes): Step => [minutes, {}])
  expect(sequenceLength(profileOf(steps.slice(0, 3)).recent ?? '')).toBe(3)
  expect(profileOf(steps).recent).toBe(profileOf(steps.slice(5)).recent)
})

test('a viewer is known by its events and by the hours it was seen in, late ones not counted again', () => {
  expect(experienceOf(profileOf([[0, {}]]))).toEqual({ events: 1, hours: 1 })
  expect(experienceOf(profileOf([[0, {}], [1, {}], [60, {}], [-60, {}], [180, {}]]))).toEqual({ events: 5, hours: 3 })
})

test('in time order each window is exact to the bucket in which it begins', () => {
  const spans = [
    [hourMs, 2 * minuteMs],
    [24 * hourMs, hourMs],
    [7 * 24 * hourMs, 6 * hourMs],
  ] as const
  const aGap = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 6_000 }))
  fc.assert(
    fc.property(fc.array(fc.tuple(aGap, fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 3 })), { minLength: 1, maxLength: 120 }), (steps) => {
      let minutes = 0
      const seen = steps.map(([gap, records, findings]): Step => [(minutes += gap), { records, findings }])
      const values = windowedValuesOf(profileOf(seen), now + minutes * minuteMs)
      const expected = (of: 'records' | 'findings') =>
        spans.map(([windowMs, bucketMs]) => {
          const first = Math.floor((now + minutes * minuteMs) / bucketMs) - windowMs / bucketMs
          return seen.reduce((sum, [at, amounts]) => (Math.floor((now + at * minuteMs) / bucketMs) >= first ? sum + amounts[of]! : sum), 0)
        })
      expect([...values].slice(3, 9)).toEqual([...expected('findings'), ...expected('records')])
    }),
  )
})
