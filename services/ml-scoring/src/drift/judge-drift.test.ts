import { expect, test } from '@jest/globals'
import { binOf, binValues } from '@ott/anomaly/drift/value-bins'
import { windowedFactorNames } from '@ott/anomaly/factor-windows'
import { seededRandom } from '@ott/anomaly/seeded-random'
import type { ReferenceSpread } from '../scoring/servable-model.ts'
import { isReadable, judgeDrift, scoresPlace } from './judge-drift.ts'

const random = seededRandom(7)
const normal = (count: number, shift = 0) => Float64Array.from({ length: count }, () => shift + random.normal())
const reference: ReferenceSpread = { columns: windowedFactorNames.map(() => binValues(normal(5_000))), scores: binValues(normal(5_000)) }

/** Counts of rows like those of the training, but at one place. */
function met(count: number, place?: number, shift = 0): Map<number, number[]> {
  const places = [...reference.columns.map((bins, at) => [at, bins] as const), [scoresPlace, reference.scores] as const]
  return new Map(
    places.map(([at, { bounds, counts }]) => {
      const live = counts.map(() => 0)
      for (const value of normal(count, at === place ? shift : 0)) live[binOf(bounds, value)]! += 1
      return [at, live]
    }),
  )
}
const driftedOf = ({ columns }: ReturnType<typeof judgeDrift>) => columns.flatMap(({ feature, drifts }) => drifts.map(({ measure }) => `${feature ?? 'the scores'} ${measure}`))

test('rows like those of the training are stable, and each column says how near it is to its limits', () => {
  const judged = judgeDrift(reference, met(1_000))
  expect(judged).toMatchObject({ outcome: 'stable', observations: 1_000 })
  expect(judged.columns.map(({ feature }) => feature)).toEqual([...windowedFactorNames, null])
  for (const { psi, ks, psiLimit, ksLimit, drifts } of judged.columns) expect([psiLimit, ksLimit, psi < 0.1, ks < 0.1, drifts]).toEqual([0.25, 0.15, true, true, []])
})

test('a column that moved is drifted, and so are scores that moved while no column did', () => {
  expect(driftedOf(judgeDrift(reference, met(1_000, 3, 1.2)))).toEqual([`${windowedFactorNames[3]} psi`, `${windowedFactorNames[3]} ks`])
  const scores = judgeDrift(reference, met(1_000, scoresPlace, 1.2))
  expect([scores.outcome, driftedOf(scores)]).toEqual(['drifted', ['the scores psi', 'the scores ks']])
})

test("a tenant's own limits decide in place of the usual ones", () => {
  const live = met(1_000, 3, 1.2)
  expect(judgeDrift(reference, live, { psiLimit: 2, ksLimit: 0.9 })).toMatchObject({ outcome: 'stable', columns: expect.arrayContaining([expect.objectContaining({ psiLimit: 2, ksLimit: 0.9 })]) })
  expect(driftedOf(judgeDrift(reference, live, { psiLimit: 2, ksLimit: 0.3 }))).toEqual([`${windowedFactorNames[3]} ks`])
})

test('of too little nothing is said, and of nothing nothing is measured', () => {
  expect(judgeDrift(reference, met(150, 3, 5))).toMatchObject({ outcome: 'too-few', observations: 150 })
  const { outcome, columns } = judgeDrift(reference, new Map())
  expect([outcome, new Set(columns.map(({ psi, ks, psiLimit }) => `${psi} ${ks} ${psiLimit}`))]).toEqual(['too-few', new Set(['0 0 null'])])
})

test('a champion without a reference, or with one that does not fit its rows, is told as such', () => {
  expect(judgeDrift(undefined, met(1_000))).toEqual({ outcome: 'no-reference', observations: 0, columns: [] })
  const broken: ReferenceSpread[] = [
    { ...reference, columns: reference.columns.slice(1) },
    { ...reference, scores: { bounds: [0, 1], counts: [1, 1] } },
    { ...reference, scores: { bounds: [1, 0], counts: [1, 1, 1] } },
    { ...reference, scores: { bounds: [0], counts: [0, 0] } },
  ]
  for (const each of broken) expect(judgeDrift(each, met(1_000)).outcome).toBe('unreadable-reference')
  expect(isReadable(reference)).toBe(true)
})
