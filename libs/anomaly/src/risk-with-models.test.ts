import { expect, test } from '@jest/globals'
import { riskFactorNames, type Risk } from '@ott/contracts/event-scored'
import fc from 'fast-check'
import { windowedFactors } from './factor-windows.ts'
import { riskWithModels, type LearnedDetectors } from './risk-with-models.ts'

const row = new Float64Array(windowedFactors.length)

function populationRisk(score: number): Risk {
  return { score, factors: riskFactorNames.map((name, index) => ({ name, value: index, contribution: index === 0 ? score : 0 })), modelVersion: 'robust-z.v1' }
}

/** Says one score of every row, and lays it to one column. */
function detectors(score: number, { column = 4, isSupervised = false } = {}): LearnedDetectors {
  const attribute = () => Float64Array.from({ length: windowedFactors.length }, (_, index) => (index === column ? score : 0))
  return { version: '3', isSupervised, scoreRow: () => score, attribute }
}

const sumOf = ({ factors, context }: Risk) => factors.reduce((sum, { contribution }) => sum + contribution, context?.contribution ?? 0)

test('nothing learned leaves the risk as it is', () => {
  const risk = populationRisk(0.4)
  expect(riskWithModels(risk, row, 10, {})).toBe(risk)
})

test('contributions sum to the score, which stays within 0 and 1, whatever the models say', () => {
  const unit = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(unit, unit, unit, fc.nat(10_000), fc.boolean(), fc.nat(17), (population, learned, context, seen, isSupervised, column) => {
      const risk = riskWithModels(populationRisk(population), row, seen, { detectors: detectors(learned, { isSupervised, column }), context: { version: '1', score: context } })
      expect(sumOf(risk)).toBeCloseTo(risk.score, 12)
      expect(risk.score).toBeGreaterThanOrEqual(0)
      expect(risk.score).toBeLessThanOrEqual(1)
      for (const { contribution } of risk.factors) expect(contribution).toBeGreaterThanOrEqual(0)
    }),
  )
})

test('detectors without verdicts never take risk away: an outlier by definition stays one', () => {
  const unit = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(unit, unit, fc.nat(10_000), (population, learned, seen) => {
      expect(riskWithModels(populationRisk(population), row, seen, { detectors: detectors(learned) }).score).toBeGreaterThanOrEqual(population)
    }),
  )
})

test("people's verdicts may take risk away, and more so the better the viewer is known", () => {
  const supervised = { detectors: detectors(0.05, { isSupervised: true }) }
  const [fresh, known] = [1, 1_000].map((seen) => riskWithModels(populationRisk(0.8), row, seen, supervised).score)
  expect(fresh).toBeGreaterThan(0.7)
  expect(known).toBeLessThan(0.1)
})

test('a viewer of whom little was seen is hardly raised, one that is known is, by the factor the detectors name', () => {
  const [fresh, known] = [1, 1_000].map((seen) => riskWithModels(populationRisk(0), row, seen, { detectors: detectors(0.9) }))
  expect(fresh!.score).toBeLessThan(0.05)
  expect(known!.score).toBeGreaterThan(0.85)
  const named = windowedFactors[4]!.name
  expect(known!.factors.find(({ name }) => name === named)!.contribution).toBeCloseTo(known!.score, 12)
})

test('what the order of events adds is told apart, and nothing is told where it adds nothing', () => {
  const raised = riskWithModels(populationRisk(0.3), row, 10, { context: { version: '2', score: 0.9 } })
  expect(raised).toMatchObject({ score: 0.9, context: { score: 0.9 }, modelVersion: 'robust-z.v1+sequence-risk.2' })
  expect(raised.context!.contribution).toBeCloseTo(0.6, 12)
  expect(riskWithModels(populationRisk(0.95), row, 10, { context: { version: '2', score: 0.9 } })).not.toHaveProperty('context')
})

test('every model that had a say is named with its version and its own score', () => {
  const risk = riskWithModels(populationRisk(0.1), row, 50, { detectors: detectors(0.2), context: { version: '2', score: 0.3 } })
  expect(risk.models).toEqual([
    { model: 'robust-z', version: 'robust-z.v1', score: 0.1 },
    { model: 'risk-ensemble', version: '3', score: 0.2 },
    { model: 'sequence-risk', version: '2', score: 0.3 },
  ])
  expect(risk.modelVersion).toBe('robust-z.v1+risk-ensemble.3+sequence-risk.2')
})
