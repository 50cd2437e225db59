import { aheadMin, forecastHours, windowFeatures, windowHours, writeWindow } from './residual-windows.ts'

/** What forecasting one series hour by hour needs to remember: plain JSON, never changed in place. */
export interface ForecastStream {
  /** The last hour seen, in hours since 1970. */
  readonly hour: number
  /** The last residuals, oldest first; null where unknown. */
  readonly residuals: readonly (number | null)[]
  /** Sums and numbers of the forecasts made for the hours after `hour`, the next one first. */
  readonly ahead: readonly { readonly sum: number; readonly count: number }[]
}

export function newForecastStream(hour: number): ForecastStream {
  return { hour, residuals: [], ahead: [] }
}

/** The forecast for the hour after the last one seen; 0 before any was made. */
export function nextShift({ ahead: [next] }: ForecastStream): number {
  return next === undefined || next.count === 0 ? 0 : next.sum / next.count
}

/** Goes on by one hour. @param residual NaN where unknown */
export function withResidual(stream: ForecastStream, residual: number): ForecastStream {
  const residuals = [...stream.residuals, Number.isNaN(residual) ? null : residual].slice(-windowHours)
  return { hour: stream.hour + 1, residuals, ahead: stream.ahead.slice(1) }
}

/** What the network is asked after the last hour seen; undefined before two days. */
export function windowOf({ hour, residuals }: ForecastStream): Float32Array | undefined {
  if (residuals.length < windowHours) return undefined
  const window = new Float32Array(windowHours * windowFeatures)
  writeWindow({ start: hour - windowHours + 1, residuals: residuals.map((residual) => residual ?? NaN) }, windowHours - 1, window, 0)
  return window
}

/** Adds what the network answered to {@link windowOf}. */
export function withForecast(stream: ForecastStream, forecast: ArrayLike<number>): ForecastStream {
  const ahead = Array.from({ length: aheadMin - 1 + forecastHours }, (_, index) => {
    const { sum, count } = stream.ahead[index] ?? { sum: 0, count: 0 }
    const made = forecast[index - aheadMin + 1]
    return made === undefined ? { sum, count } : { sum: sum + made, count: count + 1 }
  })
  return { ...stream, ahead }
}
