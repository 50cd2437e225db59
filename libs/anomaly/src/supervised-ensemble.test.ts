import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { matrixOf, rowOf } from './data-matrix.ts'
import { DetectorBytesError } from './detector-bytes.ts'
import { seededRandom } from './seeded-random.ts'
import { fitSupervisedEnsemble, supervisedEnsembleFrom } from './supervised-ensemble.ts'

const random = seededRandom(3)
const normal = () => [random.normal(), random.normal()]
/** Inside of the crowd, so that only labels can tell, and where few of it are: fewer than may raise a false alarm. */
const known = () => [0.7 + 0.03 * random.normal(), 0.7 + 0.03 * random.normal()]
const cells = [...Array.from({ length: 2_000 }, normal), ...Array.from({ length: 300 }, known)]
const labels = cells.map((_, row) => (row < 2_000 ? 0 : 1))
const rows = matrixOf(cells)
const ensemble = fitSupervisedEnsemble(rows, labels, { seed: 1 })
const cell = fc.double({ min: -20, max: 20, noNaN: true })
const anyRow = fc.tuple(cell, cell).map((values) => Float64Array.from(values))
const alarms = (many: number[][]) => many.filter((one) => ensemble.scoreRow(Float64Array.from(one)) >= 0.7).length / many.length

test('anomalies of a known kind are found by the head where no detector sees them, those of a new kind by the detectors', () => {
  expect(alarms(Array.from({ length: 300 }, known))).toBeGreaterThan(0.6)
  expect(alarms(Array.from({ length: 300 }, () => [6 + random.normal(), -6 + random.normal()]))).toBe(1)
})

test('of fresh ordinary rows no more than the stated share raises an alarm, but for chance', () => {
  expect(alarms(Array.from({ length: 10_000 }, normal))).toBeLessThan(0.03)
})

test('labels that mean nothing, which a head learns by heart, raise no more false alarms among fresh rows than stated, but for chance', () => {
  const noise = () => Array.from({ length: 6 }, () => random.normal())
  const many = Array.from({ length: 800 }, noise)
  const chance = fitSupervisedEnsemble(matrixOf(many), many.map((_, row) => (row % 4 === 0 ? 1 : 0)), { seed: 1, falseAlarmRate: 0.02 })
  expect(Array.from({ length: 5_000 }, noise).filter((one) => chance.scoreRow(Float64Array.from(one)) >= 0.7).length / 5_000).toBeLessThan(0.05)
})

test('a risk is in [0, 1], the parts of the columns are not negative and sum to it', () => {
  fc.assert(
    fc.property(anyRow, (row) => {
      const risk = ensemble.scoreRow(row)
      expect(risk).toBeGreaterThanOrEqual(0)
      expect(risk).toBeLessThanOrEqual(1)
      const parts = ensemble.attribute(row)
      expect(Math.min(...parts)).toBeGreaterThanOrEqual(0)
      expect(parts[0]! + parts[1]!).toBeCloseTo(risk, 9)
    }),
  )
})

test('the same rows, labels and seed give the same bytes, from which all scores come back', () => {
  expect(fitSupervisedEnsemble(rows, labels, { seed: 1 }).toBytes()).toEqual(ensemble.toBytes())
  const read = supervisedEnsembleFrom(ensemble.toBytes())
  expect(read.score(rows)).toEqual(ensemble.score(rows))
  expect(read.attribute(rowOf(rows, 0))).toEqual(ensemble.attribute(rowOf(rows, 0)))
})

test('bytes of another model are refused', () => {
  expect(() => supervisedEnsembleFrom(ensemble.head.toBytes())).toThrow(DetectorBytesError)
})

test('with rows that have drifted in its reference, what is like them is no alarm any more, while what the head knows is', () => {
  const drifted = () => [-2.2 + random.normal(), random.normal()]
  const steps = ensemble.withReference(matrixOf(Array.from({ length: ensemble.reference!.rowCount }, drifted)))
  let moved = ensemble
  for (let { done, value } = steps.next(); ; { done, value } = steps.next()) {
    if (done !== true) continue
    moved = value!
    break
  }
  const share = (model: typeof ensemble, many: number[][]) => many.filter((one) => model.scoreRow(Float64Array.from(one)) >= 0.7).length / many.length
  const ordinary = Array.from({ length: 4_000 }, drifted)
  expect(share(moved, ordinary)).toBeLessThan(0.5 * share(ensemble, ordinary))
  expect(share(moved, Array.from({ length: 300 }, known))).toBeGreaterThan(0.5)
  expect(moved.falseAlarmRate).toBe(ensemble.falseAlarmRate)
})
