import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { forecastSeries } from './forecast-series.ts'
import { newForecastStream, nextShift, unaskedWindows, withForecasts, withResidual, type ForecastStream } from './forecast-stream.ts'
import { forecastHours, windowFeatures, windowHours } from './residual-windows.ts'

const residuals = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 80, maxLength: 140 })

/** Stands for a network: what it answers depends on every number of the window, and on which network it is. */
function networkOf(name: string) {
  const answer = (window: Float32Array) => {
    const sum = window.reduce((total, value, index) => total + value * ((index % 7) - 3), name.length)
    return Float32Array.from({ length: forecastHours }, (_, ahead) => Math.sin(sum + ahead))
  }
  const length = windowHours * windowFeatures
  return {
    name,
    predict: async (batch: Float32Array, rows: number) => ({ forecast: Float32Array.from(Array.from({ length: rows }, (_, row) => [...answer(batch.subarray(row * length, (row + 1) * length))]).flat()) }),
  }
}
type Network = ReturnType<typeof networkOf>

async function asked(stream: ForecastStream, { name, predict }: Network): Promise<ForecastStream> {
  const { windows, count } = unaskedWindows(stream, name)
  return withForecasts(stream, name, count === 0 ? [] : (await predict(windows, count)).forecast, count)
}

/** The stream before each hour, with the network that is in force there; undefined: none is. */
async function streamed(all: readonly number[], start: number, inForce: (hour: number) => Network | undefined): Promise<(number | undefined)[]> {
  let stream = newForecastStream(start - 1)
  const shifts: (number | undefined)[] = []
  for (const [hour, residual] of all.entries()) {
    const network = inForce(hour)
    if (network !== undefined) stream = JSON.parse(JSON.stringify(await asked(stream, network))) as ForecastStream
    shifts.push(network && nextShift(stream, network.name))
    stream = withResidual(stream, residual)
  }
  return shifts
}

const [first, second] = [networkOf('a'), networkOf('ab')]

test('forecasting hour by hour, through JSON, gives what forecasting the whole series gives', async () => {
  await fc.assert(
    fc.asyncProperty(residuals, fc.nat(200), async (all, start) => {
      const whole = await forecastSeries(first, { start, residuals: all })
      for (const [hour, shift] of (await streamed(all, start, () => first)).entries()) expect(shift ?? 0).toBeCloseTo(whole[hour]!, 5)
    }),
    { numRuns: 10 },
  )
})

test('whichever networks were in force before, and whether any was, what is foretold is what the present one says', async () => {
  const inForce = fc.array(fc.constantFrom(first, second, undefined), { minLength: 140, maxLength: 140 })
  await fc.assert(
    fc.asyncProperty(residuals, inForce, async (all, networks) => {
      const wholes = new Map(await Promise.all([first, second].map(async (network) => [network, await forecastSeries(network, { start: 0, residuals: all })] as const)))
      for (const [hour, shift] of (await streamed(all, 0, (hour) => networks[hour])).entries()) {
        const network = networks[hour]
        if (network === undefined) expect(shift).toBeUndefined()
        else expect(shift ?? 0).toBeCloseTo(wholes.get(network)![hour]!, 5)
      }
    }),
    { numRuns: 10 },
  )
})

test('a network is asked about each window once while it stays in force', async () => {
  let stream = newForecastStream(-1)
  for (let hour = 0; hour < 100; hour += 1) {
    stream = withResidual(stream, 1)
    expect(unaskedWindows(stream, 'a').count).toBe(hour < windowHours - 1 ? 0 : 1)
    stream = await asked(stream, first)
    expect(unaskedWindows(stream, 'a').count).toBe(0)
  }
  expect(unaskedWindows(stream, 'ab').count).toBe(24)
})
