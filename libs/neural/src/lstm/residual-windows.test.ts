import { expect, test } from '@jest/globals'
import { aheadMax, aheadMin, forecastHours, forecastsByHour, residualExamples, windowFeatures, windowHours } from './residual-windows.ts'

test('an example holds two days and what came 12 to 24 hours after their end', () => {
  const hours = Float64Array.from({ length: 100 }, (_, hour) => hour / 100)
  const { windows, targets, count } = residualExamples([{ start: 0, residuals: hours }], 1_000)
  expect(count).toBe(100 - windowHours - aheadMax + 1)
  for (let example = 0; example < count; example += 1) {
    const last = windows[(example * windowHours + windowHours - 1) * windowFeatures]!
    expect(last).toBeCloseTo((example + windowHours - 1) / 100, 6)
    expect(targets[example * forecastHours]).toBeCloseTo(last + aheadMin / 100, 6)
    expect(targets[(example + 1) * forecastHours - 1]).toBeCloseTo(last + aheadMax / 100, 6)
  }
})

test('no example reaches over an unknown hour, nor from one series into the next', () => {
  const gap = Float64Array.from({ length: 200 }, (_, hour) => (hour === 75 ? NaN : 1))
  const { count, windows, targets } = residualExamples([{ start: 0, residuals: gap }, { start: 0, residuals: new Float64Array(71).fill(1) }], 1_000)
  expect(count).toBe(4 + (200 - 76 - 71))
  expect([...new Set(targets)]).toEqual([1])
  expect(Array.from({ length: count * windowHours }, (_, step) => windows[step * windowFeatures]).every((residual) => residual === 1)).toBe(true)
})

test('of more windows than wanted, as many are taken, from the first series to the last', () => {
  const series = [1, 2, 3].map((value) => ({ start: 0, residuals: new Float64Array(300).fill(value / 2) }))
  const { targets, count } = residualExamples(series, 50)
  expect(count).toBe(50)
  expect([...new Set(targets)]).toEqual([0.5, 1, 1.5])
})

test('a wild residual counts no more than 3, so that an event hardly foretells itself', () => {
  const wild = new Float64Array(80).fill(50)
  const { windows, targets } = residualExamples([{ start: 0, residuals: wild }], 10)
  expect(Math.max(...windows, ...targets)).toBe(3)
})

test('an hour has the mean of the forecasts made for it, and none from less than 12 hours before', () => {
  const twice = [...Array<number>(forecastHours).fill(1), ...Array<number>(forecastHours).fill(3)]
  const shifts = forecastsByHour(60, [10, 11], twice)
  expect(shifts[10 + aheadMin - 1]).toBe(0)
  expect(shifts[10 + aheadMin]).toBe(1)
  expect(shifts[10 + aheadMin + 1]).toBe(2)
  expect(shifts[11 + aheadMax]).toBe(3)
  expect(shifts[11 + aheadMax + 1]).toBe(0)
})
