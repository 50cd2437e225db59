import { describe, expect, test } from '@jest/globals'
import { risk as riskContract, riskFactorNames, type RiskFactorName } from '@ott/contracts/event-scored'
import fc from 'fast-check'
import { learn, priorBaseline, type Baseline } from './baseline.ts'
import { judgeRisk } from './judge-risk.ts'
import { leadingFactor } from './leading-factor.ts'
import type { FactorValues } from './risk-factors.ts'
import type { RiskProfile } from './risk-profile.ts'
import { score } from './risk-score.ts'

const quiet: FactorValues = { consentChanges: 0, pastViolations: 0, dataAccess: 0, signInFailures: 0, impossibleTravel: 0, errorRate: 0 }
const scoreOf = (values: Partial<FactorValues>, baseline = priorBaseline) => score({ ...quiet, ...values }, baseline).score

/** Populations a tenant may come to have: new, quiet, busy, and one that mostly misbehaves. */
const busy = { ...quiet, consentChanges: 2, pastViolations: 1, dataAccess: 15, signInFailures: 1, errorRate: 0.05 }
const hostile = { consentChanges: 30, pastViolations: 40, dataAccess: 1e6, signInFailures: 500, impossibleTravel: 9_000, errorRate: 0.9 }
function population(...members: FactorValues[]): Baseline {
  let baseline = priorBaseline
  for (let index = 0; index < 2_000; index += 1) baseline = learn(baseline, members[index % members.length]!)
  return baseline
}
const populations: [string, Baseline][] = [
  ['new', priorBaseline],
  ['quiet', population(quiet)],
  ['busy', population(quiet, busy, busy)],
  ['hostile', population(hostile)],
  ['mixed', population(quiet, busy, hostile)],
]

describe.each(populations)('against a %s population, at the threshold 0.7', (_, baseline) => {
  const alone = (values: Partial<FactorValues>) => scoreOf(values, baseline)

  test('five sign-in failures within an hour are reported, one or two are not', () => {
    expect(alone({ signInFailures: 5 })).toBeGreaterThanOrEqual(0.7)
    expect(alone({ signInFailures: 2 })).toBeLessThan(0.4)
  })

  test('impossible travel alone is reported, an ordinary flight is not', () => {
    expect(alone({ impossibleTravel: 901 })).toBeGreaterThanOrEqual(0.7)
    expect(alone({ impossibleTravel: 750 })).toBeLessThan(0.6)
  })

  test('an export of 5,000 records is reported, access to 20 is not', () => {
    expect(alone({ dataAccess: 5_000 })).toBeGreaterThanOrEqual(0.7)
    expect(alone({ dataAccess: 20 })).toBeLessThan(0.4)
  })

  test('12 consent changes in a day are reported, 3 are not', () => {
    expect(alone({ consentChanges: 12 })).toBeGreaterThanOrEqual(0.7)
    expect(alone({ consentChanges: 3 })).toBeLessThan(0.7)
  })

  test('8 findings in 30 days are reported, one is not', () => {
    expect(alone({ pastViolations: 8 })).toBeGreaterThanOrEqual(0.7)
    expect(alone({ pastViolations: 1 })).toBeLessThan(0.5)
  })

  test('an hour in which half of the requests fail is reported, one in twenty is not', () => {
    expect(alone({ errorRate: 0.5 })).toBeGreaterThanOrEqual(0.7)
    expect(alone({ errorRate: 0.05 })).toBeLessThan(0.3)
  })
})

type Step = readonly [minutes: number, kind: string, data?: object, findings?: number]
const start = Date.UTC(2026, 0, 31, 20)

/** The scores after each event of one viewer. */
function scoresOf(...steps: Step[]): number[] {
  let profile: RiskProfile | undefined
  let baseline = priorBaseline
  return steps.map(([minutes, kind, data = {}, findings = 0]) => {
    const time = new Date(start + minutes * 60_000).toISOString()
    const judged = judgeRisk(profile, baseline, { type: `com.ott.${kind}.v1`, time, data }, findings)
    ;({ profile, baseline } = judged)
    return judged.risk.score
  })
}

test('five failures spread over an hour are reported at the fifth, not before', () => {
  const scores = scoresOf(...[0, 14, 28, 42, 56].map((minutes): Step => [minutes, 'signin.failed']))
  expect(scores.map((score) => score >= 0.7)).toEqual([false, false, false, false, true])
})

test('a viewer who mistypes twice and then signs in never looks like an attack', () => {
  const scores = scoresOf([0, 'signin.failed'], [1, 'signin.failed'], [2, 'signin.succeeded'], [30, 'playback.started'])
  expect(Math.max(...scores)).toBeLessThan(0.4)
  expect(scores.at(-1)).toBe(0)
})

test('one export of 5,000 records and one journey no one can make are reported at once', () => {
  expect(scoresOf([0, 'personal-data.exported', { records: 5_000 }]).at(-1)).toBeGreaterThanOrEqual(0.7)
  const journey = scoresOf(
    [0, 'playback.started', { location: { latitude: 48.86, longitude: 2.35 } }],
    [60, 'playback.started', { location: { latitude: 40.71, longitude: -74.01 } }],
  )
  expect(journey.map((score) => score >= 0.7)).toEqual([false, true])
})

test('ten ordinary API requests with one 404 score next to nothing', () => {
  const requests = Array.from({ length: 10 }, (_, index): Step => [index, 'api.requested', { status: index === 4 ? 404 : 200 }])
  expect(Math.max(...scoresOf(...requests))).toBeLessThan(0.3)
})

test('slight oddities of every kind together are not an outlier', () => {
  expect(scoreOf({ consentChanges: 3, pastViolations: 1, dataAccess: 20, signInFailures: 2, errorRate: 0.05 })).toBeLessThan(0.7)
})

const anyValue = fc.double({ min: 0, max: 1e12, noNaN: true })
const anyFactors = fc.record(
  Object.fromEntries(riskFactorNames.map((name) => [name, anyValue])) as Record<RiskFactorName, typeof anyValue>,
)
const smallFactors = fc.record({
  consentChanges: fc.nat(20),
  pastViolations: fc.nat(12),
  dataAccess: fc.nat(6_000),
  signInFailures: fc.nat(8),
  impossibleTravel: fc.nat(1_200),
  errorRate: fc.double({ min: 0, max: 1, noNaN: true }),
})
const factors = fc.oneof(smallFactors, anyFactors)
const baselines = fc.array(factors, { maxLength: 150 }).map((lessons) => lessons.reduce(learn, population(quiet, busy)))

test('contributions are never negative and sum to the score, which lies from 0 to below 1', () => {
  fc.assert(
    fc.property(factors, baselines, (values, baseline) => {
      const risk = score(values, baseline)
      expect(riskContract.safeParse(risk).success).toBe(true)
      expect(risk.score).toBeGreaterThanOrEqual(0)
      expect(risk.score).toBeLessThan(1)
      expect(risk.factors.map(({ name }) => name)).toEqual(riskFactorNames)
      expect(risk.factors.every(({ contribution }) => contribution >= 0)).toBe(true)
      expect(Math.abs(risk.factors.reduce((sum, { contribution }) => sum + contribution, 0) - risk.score)).toBeLessThan(1e-9)
    }),
  )
})

test('more of anything never lowers the score at a fixed baseline', () => {
  fc.assert(
    fc.property(factors, fc.constantFrom(...riskFactorNames), anyValue, baselines, (values, name, more, baseline) => {
      const raised = { ...values, [name]: values[name] + more }
      expect(score(raised, baseline).score).toBeGreaterThanOrEqual(score(values, baseline).score)
    }),
  )
})

test('a further failed sign-in never lowers the score, whatever came before and whenever it happened', () => {
  const minute = fc.nat(90)
  const kinds = fc.constantFrom('signin.failed', 'signin.succeeded', 'playback.started')
  fc.assert(
    fc.property(fc.array(fc.tuple(minute, kinds), { maxLength: 30 }), minute, (steps, minutes) => {
      const end: Step = [90, 'playback.stopped']
      expect(scoresOf(...steps, [minutes, 'signin.failed'], end).at(-1)).toBeGreaterThanOrEqual(scoresOf(...steps, end).at(-1)!)
    }),
  )
})

test('state that went through JSON gives the same score, digit for digit', () => {
  fc.assert(
    fc.property(factors, baselines, (values, baseline) => {
      const saved = JSON.parse(JSON.stringify({ values, baseline })) as { values: FactorValues; baseline: Baseline }
      expect(JSON.stringify(score(saved.values, saved.baseline))).toBe(JSON.stringify(score(values, baseline)))
    }),
  )
})

test('a flood from one subject leaves what is normal for the others as it was', () => {
  let profile: RiskProfile | undefined
  let baseline = priorBaseline
  for (let index = 0; index < 5_000; index += 1) {
    const time = new Date(start + index * 700).toISOString()
    ;({ profile, baseline } = judgeRisk(profile, baseline, { type: 'com.ott.signin.failed.v1', time, data: { attempts: 9 } }, 0))
  }
  expect(baseline).toBe(priorBaseline)
})

test('judging changes nothing it was given', () => {
  const event = { type: 'com.ott.signin.failed.v1', time: '2026-01-31T20:00:00Z', data: { attempts: 2 } }
  const first = judgeRisk(undefined, priorBaseline, event, 1)
  const before = JSON.stringify(first)
  const later = { ...event, time: '2026-01-31T22:00:00+01:00' }
  expect(judgeRisk(first.profile, first.baseline, later, 0)).toEqual(judgeRisk(first.profile, first.baseline, later, 0))
  expect(JSON.stringify(first)).toBe(before)
})

test('an event without a readable time is refused', () => {
  const event = { type: 'com.ott.playback.started.v1', time: 'yesterday', data: {} }
  expect(() => judgeRisk(undefined, priorBaseline, event, 0)).toThrow(RangeError)
})

test('the leading factor is the one that contributes most', () => {
  const risk = score({ ...quiet, signInFailures: 7, consentChanges: 3 }, priorBaseline)
  expect(leadingFactor(risk)).toMatchObject({ name: 'signInFailures', value: 7 })
})

test('of equal factors the first in the fixed order leads, however they are listed, and without a cause none does', () => {
  const tied = [
    { name: 'errorRate' as const, value: 1, contribution: 0.4 },
    { name: 'dataAccess' as const, value: 9, contribution: 0.4 },
    { name: 'impossibleTravel' as const, value: 9, contribution: 0.1 },
  ]
  expect(leadingFactor({ factors: tied })?.name).toBe('dataAccess')
  expect(leadingFactor({ factors: tied.toReversed() })?.name).toBe('dataAccess')
  expect(leadingFactor(score(quiet, priorBaseline))).toBeUndefined()
})
