import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { blendForColdStart, credibility } from './cold-start.ts'

const risk = fc.double({ min: 0, max: 1, noNaN: true })

test('a viewer never seen has the risk of the population model, one seen long that of the ensemble', () => {
  expect(blendForColdStart({ ensemble: 0.9, population: 0.1, eventsSeen: 0 })).toBe(0.1)
  expect(blendForColdStart({ ensemble: 0.9, population: 0.1, eventsSeen: 20 })).toBeCloseTo(0.5)
  expect(blendForColdStart({ ensemble: 0.9, population: 0.1, eventsSeen: 1e6 })).toBeCloseTo(0.9, 3)
})

test('the blend lies between both, and each event moves it towards the ensemble', () => {
  fc.assert(
    fc.property(risk, risk, fc.nat(10_000), (ensemble, population, eventsSeen) => {
      const blend = blendForColdStart({ ensemble, population, eventsSeen })
      expect(blend).toBeGreaterThanOrEqual(Math.min(ensemble, population) - 1e-12)
      expect(blend).toBeLessThanOrEqual(Math.max(ensemble, population) + 1e-12)
      expect(credibility(eventsSeen + 1)).toBeGreaterThan(credibility(eventsSeen))
    }),
  )
})

test('no number of events is refused', () => {
  expect(() => credibility(-1)).toThrow('eventsSeen: -1')
  expect(() => credibility(NaN)).toThrow('eventsSeen: NaN')
})
