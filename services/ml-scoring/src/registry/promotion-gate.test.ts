import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { TrainingRecord } from './model-version.ts'
import { judgePromotion } from './promotion-gate.ts'

function aVersion(version: number, metrics: Record<string, number>, validation: TrainingRecord['validation'] = { metric: 'auc', better: 'higher' }) {
  return { version, training: { dataSha256: 'a'.repeat(64), seed: 1, codeVersion: 'c', metrics, ...(validation === undefined ? {} : { validation }) } }
}
const champion = aVersion(1, { auc: 0.9, mae: 2 })

test.each([
  ['better', 0.95, 0.01],
  ['equal', 0.9, 0],
  ['worse by just the tolerance', 0.89, 0.01],
])('a version that validates %s may be promoted', (_what, auc, tolerance) => {
  expect(judgePromotion(aVersion(2, { auc }), champion, tolerance)).toMatchObject({ refusal: undefined, figures: { metric: 'auc', candidate: auc, champion: 0.9, championVersion: 1, tolerance } })
})

test('one that validates worse is refused in a sentence with the metric and both figures', () => {
  expect(judgePromotion(aVersion(2, { auc: 0.888 }), champion, 0.01).refusal).toBe("auc is 0.888 and the champion's, version 1, 0.9: worse by 0.012, and 0.01 is tolerated")
})

test('where lower is better, lower is better', () => {
  const lower = { metric: 'mae', better: 'lower' } as const
  expect(judgePromotion(aVersion(2, { mae: 1.5 }, lower), champion, 0).refusal).toBeUndefined()
  expect(judgePromotion(aVersion(2, { mae: 2.2 }, lower), champion, 0.1).refusal).toContain('worse by 0.2')
})

describe('without figures nothing is promoted', () => {
  test.each([
    ['names no validation metric', { version: 2, training: { ...champion.training, validation: undefined } }],
    ['lacks the metric it names', aVersion(2, { ap: 1 })],
    ['has a metric that is no number', aVersion(2, { auc: NaN })],
    ['names a property of every object', aVersion(2, {}, { metric: 'constructor', better: 'higher' })],
  ])('one that %s, with or without a champion', (_what, version) => {
    for (const before of [champion, undefined]) expect(judgePromotion(version, before, 0.1).refusal).toContain('version 2 was not validated')
  })

  test('a champion that lacks the metric can not be compared with', () => {
    expect(judgePromotion(aVersion(2, { auc: 1 }), aVersion(1, { ap: 0.1 }), 0.1).refusal).toBe('the champion, version 1, has no auc to compare with')
  })

  test('the first champion needs its metric and nobody to compare with', () => {
    expect(judgePromotion(aVersion(1, { auc: 0.1 }), undefined, 0)).toMatchObject({ refusal: undefined, figures: { champion: null, championVersion: null } })
  })
})

test('what is no better than chance is refused, with a champion and without', () => {
  const validation = { metric: 'auc', better: 'higher', worst: 0.6 } as const
  for (const before of [aVersion(1, { auc: 0.55 }), undefined]) {
    expect(judgePromotion(aVersion(2, { auc: 0.59 }, validation), before, 0.1).refusal).toBe('auc is 0.59, and with less than 0.6 nothing is promoted')
    expect(judgePromotion(aVersion(2, { auc: 0.6 }, validation), before, 0.1).refusal).toBeUndefined()
  }
  expect(judgePromotion(aVersion(2, { mae: 3 }, { metric: 'mae', better: 'lower', worst: 2 }), undefined, 0).refusal).toBe('mae is 3, and with more than 2 nothing is promoted')
})

test('whatever the figures, a version passes exactly when it is not worse by more than the tolerance', () => {
  const metric = fc.integer({ min: 0, max: 1_000 }).map((n) => n / 1_000)
  fc.assert(
    fc.property(metric, metric, fc.integer({ min: 0, max: 100 }), fc.constantFrom('higher' as const, 'lower' as const), (own, other, tolerance, better) => {
      const { refusal } = judgePromotion(aVersion(2, { m: own }, { metric: 'm', better }), aVersion(1, { m: other }), tolerance / 1_000)
      const worseBy = Math.round((better === 'higher' ? other - own : own - other) * 1_000)
      expect(refusal === undefined).toBe(worseBy <= tolerance)
    }),
  )
})
