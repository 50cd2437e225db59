import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { forecastSeries } from './forecast-series.ts'
import { newForecastStream, nextShift, windowOf, withForecast, withResidual, type ForecastStream } from './forecast-stream.ts'
import { aheadMax, aheadMin, forecastHours, forecastsByHour, residualExamples, windowFeatures, windowHours } from './residual-windows.ts'

const residuals = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 80, maxLength: 140 })

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

/** Stands for the network: what it answers depends on every number of the window. */
function answer(window: Float32Array): Float32Array {
  const sum = window.reduce((total, value, index) => total + value * ((index % 7) - 3), 0)
  return Float32Array.from({ length: forecastHours }, (_, ahead) => Math.sin(sum + ahead))
}

const network = {
  async predict(batch: Float32Array, rows: number) {
    const length = windowHours * windowFeatures
    return { forecast: Float32Array.from(Array.from({ length: rows }, (_, row) => [...answer(batch.subarray(row * length, (row + 1) * length))]).flat()) }
  },
}

test('forecasting hour by hour, through JSON, gives what forecasting the whole series gives', async () => {
  await fc.assert(
    fc.asyncProperty(residuals, fc.nat(200), async (all, start) => {
      const whole = await forecastSeries(network, { start, residuals: all })
      let stream = newForecastStream(start - 1)
      for (const [hour, residual] of all.entries()) {
        expect(nextShift(stream)).toBeCloseTo(whole[hour]!, 5)
        stream = JSON.parse(JSON.stringify(withResidual(stream, residual))) as ForecastStream
        const window = windowOf(stream)
        if (window !== undefined) stream = withForecast(stream, answer(window))
      }
    }),
    { numRuns: 10 },
  )
})
