import { expect, test } from '@jest/globals'
import { seededRandom } from '../seeded-random.ts'
import { chooseForecast, forecastsFor } from './choose-forecast.ts'

const random = seededRandom(5)
const noise = Array.from({ length: 168 }, () => random.normal())
const wave = Array.from({ length: 168 }, (_, hour) => Math.sin(hour / 9))

test('a forecast that foretells half of what remains is taken, and what then remains is narrower', () => {
  const choice = chooseForecast(noise.map((value, hour) => 0.7 * value + wave[hour]!), wave)
  expect(choice.isBetter).toBe(true)
  expect(choice.spread).toBeLessThan(0.9)
  expect(forecastsFor(choice, [1, -1])).toEqual([
    { shift: 1, spread: choice.spread },
    { shift: -1, spread: choice.spread },
  ])
})

test('a forecast that foretells nothing is seldom taken', () => {
  let taken = 0
  for (let seed = 0; seed < 200; seed += 1) {
    const chance = seededRandom(seed)
    const residuals = Array.from({ length: 168 }, () => chance.normal())
    if (chooseForecast(residuals, residuals.map(() => 0.3 * chance.normal())).isBetter) taken += 1
  }
  expect(taken).toBeLessThanOrEqual(10)
})

test('without a forecast that was taken the hour of the week stands alone', () => {
  const choice = chooseForecast(noise, wave.map((value) => -value))
  expect(choice.isBetter).toBe(false)
  expect(forecastsFor(choice, wave)).toBeUndefined()
})

test('too few known hours choose nothing', () => {
  expect(chooseForecast([...noise.slice(0, 30), ...Array<number>(138).fill(NaN)], noise).isBetter).toBe(false)
})
