import { forecastsByHour, windowFeatures, windowHours, writeWindow, type ResidualSeries } from './residual-windows.ts'

/** As much of a served network as forecasting needs. */
export interface ForecastNetwork {
  predict(batch: Float32Array, rows: number): Promise<Readonly<Record<string, Float32Array>>>
}

/** So many windows are handed over at once. */
const rowsMax = 256

/** The shift to expect in each hour of a series, by every window of it that is complete; 0 where none reaches. */
export async function forecastSeries(network: ForecastNetwork, series: ResidualSeries): Promise<Float64Array> {
  const hours = series.residuals.length
  const lasts = Array.from({ length: Math.max(0, hours - windowHours + 1) }, (_, window) => window + windowHours - 1)
  const forecasts: number[] = []
  for (let from = 0; from < lasts.length; from += rowsMax) {
    const some = lasts.slice(from, from + rowsMax)
    const batch = new Float32Array(some.length * windowHours * windowFeatures)
    for (const [row, last] of some.entries()) writeWindow(series, last, batch, row * windowHours * windowFeatures)
    const { forecast } = await network.predict(batch, some.length)
    if (forecast === undefined) throw new TypeError("the network gives no 'forecast'")
    forecasts.push(...forecast)
  }
  return forecastsByHour(hours, lasts, forecasts)
}
