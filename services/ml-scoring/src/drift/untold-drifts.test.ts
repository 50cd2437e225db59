import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { DriftOfColumn } from './judge-drift.ts'
import { untoldDrifts, type ToldDrifts } from './untold-drifts.ts'

const column = (psi: number, feature: string | null = 'dataAccess.day'): DriftOfColumn => ({
  ...{ feature, observations: 500, psi, ks: 0, psiLimit: 0.25, ksLimit: 0.15 },
  drifts: psi >= 0.25 ? [{ measure: 'psi', value: psi, limit: 0.25 }] : [],
})
/** How often each look had something to tell. */
function tell(looks: readonly { readonly psi: number; readonly day: string }[]): number[] {
  let told: ToldDrifts | undefined
  return looks.map(({ psi, day }) => {
    const news = untoldDrifts([column(psi)], day, told)
    told = news.told
    return news.untold.length
  })
}
const on = (day: string, ...values: number[]) => values.map((psi) => ({ psi, day }))

test('a drift that goes on is told once a day', () => {
  expect(tell([...on('2026-03-02', 0.3, 0.3, 0.31), ...on('2026-03-03', 0.3, 0.3)])).toEqual([1, 0, 0, 1, 0])
})

test('one that is twice as bad is told again, and one that goes back is not', () => {
  expect(tell(on('2026-03-02', 0.3, 0.49, 0.5, 0.9, 1.1, 0.3, 1.1))).toEqual([1, 0, 1, 0, 1, 0, 0])
})

test('one that ended and is back the same day is told no second time', () => {
  expect(tell(on('2026-03-02', 0.3, 0.1, 0.3))).toEqual([1, 0, 0])
})

test('each feature, and the scores, are news of their own', () => {
  const first = untoldDrifts([column(0.3), column(0.1, null)], '2026-03-02', undefined)
  const second = untoldDrifts([column(0.3), column(0.3, null)], '2026-03-02', first.told)
  expect([first, second].map(({ untold }) => untold.map(({ feature }) => feature))).toEqual([['dataAccess.day'], [null]])
})

test('however values go, a day tells each step of a drift once at most', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 8, noNaN: true }), { maxLength: 40 }), (values) => {
      const count = tell(on('2026-03-02', ...values)).reduce((sum, each) => sum + each, 0)
      const worst = Math.max(0, ...values)
      expect(count).toBeLessThanOrEqual(6)
      if (worst >= 0.25) expect(count).toBeGreaterThan(0)
      else expect(count).toBe(0)
    }),
  )
})
