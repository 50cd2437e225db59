import { expect, test } from '@jest/globals'
import { matrixOf, type DataMatrix } from '../data-matrix.ts'
import { fitEnsemble, type FittedEnsemble } from '../ensemble.ts'
import { seededRandom } from '../seeded-random.ts'
import { beginReference, offerRow, passTime, type MovingReference, type ReferenceRules } from './moving-reference.ts'

const hourMs = 3_600_000
const random = seededRandom(5)

/** Three things about a viewer over two windows each. The first becomes more usual to be high as `drift` grows; an anomaly is far off in the last. */
function viewerHour(drift: number, anomaly = 0): number[] {
  return [drift, 0, anomaly].flatMap((level) => {
    const common = random.normal() + level
    return [common, common + 0.4 * random.normal()]
  })
}
const many = (count: number, drift: number, anomaly = 0) => matrixOf(Array.from({ length: count }, () => viewerHour(drift, anomaly)))
const alarmShare = (model: Pick<FittedEnsemble, 'score'>, rows: DataMatrix) => model.score(rows).filter((risk) => risk >= 0.7).length / rows.rowCount

const falseAlarmRate = 0.01
const frozen = fitEnsemble(many(4_000, 0), { seed: 1, falseAlarmRate, neighbourRows: 512 })
const rules: ReferenceRules = { capacity: frozen.reference!.rowCount, falseAlarmRate, flaggedShare: 0, seed: 3 }

function moved({ added }: MovingReference): FittedEnsemble {
  const steps = frozen.withReference(matrixOf(added.map((row) => [...row])))
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}

/** Lets days pass in which viewers have so many active hours each hour of the day, and gives the model as it is then. */
function live(days: number, rowAt: (day: number, n: number) => number[]): { readonly model: FittedEnsemble; readonly reference: MovingReference } {
  let reference = beginReference(1, 0)
  let model = frozen
  for (let hour = 1; hour <= days * 24; hour += 1) {
    const before = reference.replaced
    reference = passTime(reference, hour * hourMs, rules)
    if (reference.replaced !== before) model = moved(reference)
    for (let n = 0; n < 25; n += 1) {
      const row = Float64Array.from(rowAt((hour - 1) / 24, n))
      reference = offerRow(reference, { row, risk: model.scoreRow(row), isFlagged: false }, rules)
    }
  }
  return { model, reference }
}

test('while what is ordinary drifts away, false alarms stay near the stated rate where a frozen reference comes to ten times as many, and anomalies are still found', () => {
  const drift = 2.5
  const { model, reference } = live(30, (day) => viewerHour((drift * day) / 30))
  const ordinary = many(4_000, drift)
  expect(reference.replaced).toBeGreaterThan(2 * rules.capacity)
  expect(alarmShare(frozen, ordinary)).toBeGreaterThan(10 * falseAlarmRate)
  expect(alarmShare(model, ordinary)).toBeLessThan(4 * falseAlarmRate)
  expect(alarmShare(model, many(500, drift, 6))).toBeGreaterThan(0.7)
})

test('where nothing drifts, the stated rate holds after the whole reference was replaced twice, and what was found is found', () => {
  const { model, reference } = live(25, () => viewerHour(0))
  expect(reference.replaced).toBeGreaterThan(2 * rules.capacity)
  expect(alarmShare(model, many(6_000, 0))).toBeLessThan(2 * falseAlarmRate)
  expect(alarmShare(model, many(6_000, 0))).toBeGreaterThan(falseAlarmRate / 2)
  expect(alarmShare(model, many(500, 0, 6))).toBeGreaterThan(0.5 * alarmShare(frozen, many(500, 0, 6)))
})

test('who makes every row of a day as odd as may pass replaces no more than a tenth, and hides no plain anomaly by it', () => {
  const { model, reference } = live(1, () => viewerHour(0, 3.2))
  expect(reference.added.length).toBeLessThanOrEqual(0.1 * rules.capacity)
  expect(alarmShare(model, many(500, 0, 8))).toBeGreaterThan(0.5 * alarmShare(frozen, many(500, 0, 8)))
  expect(alarmShare(model, many(500, 0, 12))).toBeGreaterThan(0.95)
})
