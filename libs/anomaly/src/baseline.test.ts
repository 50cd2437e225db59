import { expect, test } from '@jest/globals'
import { riskFactorNames } from '@ott/contracts/event-scored'
import fc from 'fast-check'
import { learn, outlierZ, priorBaseline, type Baseline } from './baseline.ts'
import { riskFactors, type FactorValues } from './risk-factors.ts'

const quiet: FactorValues = { consentChanges: 0, pastViolations: 0, dataAccess: 0, signInFailures: 0, impossibleTravel: 0, errorRate: 0 }

function taught(baseline: Baseline, count: number, values: (index: number) => Partial<FactorValues>): Baseline {
  let next = baseline
  for (let index = 0; index < count; index += 1) next = learn(next, { ...quiet, ...values(index) })
  return next
}

test('a cold start takes for normal that nothing happens, with the least spread of each factor', () => {
  for (const name of riskFactorNames) {
    expect(priorBaseline[name].centre).toBe(0)
    expect(priorBaseline[name].scale).toBeCloseTo(riskFactors[name].scaleMin, 9)
  }
})

test('centre and scale come to the median and 1.4826 MAD of what was seen', () => {
  // Uniform on a log scale from 0 to 6: median 3, MAD 1.5, and 1.4826 MAD above what the factor's bound leaves room for.
  const wide = taught(priorBaseline, 20_000, (index) => ({ dataAccess: Math.expm1((index % 601) / 100) })).dataAccess
  expect(Math.abs(wide.centre - 3)).toBeLessThan(0.15)
  expect(wide.scale).toBeCloseTo((Math.log1p(5_000) - wide.centre) / 3.6, 9)
  // Uniform from 1 to 3: median 2, MAD 0.5, below the least scale. Thirds at 0, 1.25 and 2.5: MAD 1.25.
  const narrow = taught(priorBaseline, 20_000, (index) => ({ dataAccess: Math.expm1(1 + (index % 201) / 100) })).dataAccess
  expect(Math.abs(narrow.centre - 2)).toBeLessThan(0.1)
  expect(narrow.scale).toBe(1.8)
  const between = taught(priorBaseline, 20_000, (index) => ({ dataAccess: Math.expm1((index % 3) * 1.25) })).dataAccess
  expect(Math.abs(between.centre - 1.25)).toBeLessThan(0.1)
  expect(Math.abs(between.scale - 1.4826 * 1.25)).toBeLessThan(0.15)
  // 10 % at 0, 45 % at 1.4, 45 % at 2.7: the upper neighbour is the nearer one, MAD 1.3.
  const steps = (index: number) => (index % 20 < 2 ? 0 : index % 20 < 11 ? 1.4 : 2.7)
  const lopsided = taught(priorBaseline, 20_000, (index) => ({ dataAccess: Math.expm1(steps(index)) })).dataAccess
  expect(lopsided.scale).toBeCloseTo(1.4826 * 1.3, 9)
  const errors = taught(priorBaseline, 20_000, (index) => ({ errorRate: ((index % 101) / 100) * 0.36 }))
  expect(Math.abs(errors.errorRate.centre - 0.18)).toBeLessThan(0.015)
  const consents = taught(priorBaseline, 20_000, (index) => ({ consentChanges: index % 9 }))
  expect(Math.abs(consents.consentChanges.centre - 4)).toBeLessThan(0.2)
})

test('a minority of floods leaves the median where it is', () => {
  const baseline = taught(priorBaseline, 5_000, (index) => (index % 3 === 0 ? { signInFailures: 10_000, dataAccess: 1e8 } : {}))
  expect(baseline.signInFailures.centre).toBe(0)
  expect(baseline.dataAccess.centre).toBe(0)
})

test('no population can teach that an outlier by definition is normal', () => {
  const values = fc.record(Object.fromEntries(riskFactorNames.map((name) => [name, fc.double({ min: 0, max: 1e9, noNaN: true })])))
  fc.assert(
    fc.property(fc.array(values, { minLength: 1, maxLength: 20 }), (population) => {
      const baseline = taught(priorBaseline, 400, (index) => population[index % population.length] as Partial<FactorValues>)
      for (const name of riskFactorNames) {
        const { scaled, outlierFrom } = riskFactors[name]
        expect((scaled(outlierFrom) - baseline[name].centre) / baseline[name].scale).toBeGreaterThan(outlierZ)
      }
    }),
    { numRuns: 50 },
  )
})

test('what was normal long ago fades', () => {
  let baseline = taught(priorBaseline, 60_000, () => ({ consentChanges: 4 }))
  expect(baseline.consentChanges.centre).toBeGreaterThan(3)
  baseline = taught(baseline, 40_000, () => ({}))
  expect(baseline.consentChanges.centre).toBe(0)
})

test('learning leaves the baseline it was given as it was, and goes on the same after JSON', () => {
  const before = JSON.stringify(priorBaseline)
  const baseline = taught(priorBaseline, 300, (index) => ({ dataAccess: index ** 2 }))
  expect(JSON.stringify(priorBaseline)).toBe(before)
  const saved = JSON.parse(JSON.stringify(baseline)) as Baseline
  expect(learn(saved, { ...quiet, errorRate: 0.3 })).toEqual(learn(baseline, { ...quiet, errorRate: 0.3 }))
})

test('a baseline stays below 16 KB whatever it is taught', () => {
  const baseline = taught(priorBaseline, 60_000, (index) => {
    const value = Math.expm1((index % 211) / 10)
    return Object.fromEntries(riskFactorNames.map((name) => [name, value]))
  })
  expect(JSON.stringify(baseline).length).toBeLessThan(16_384)
})
