import { aheadMax, aheadMin, forecastHours, windowFeatures, windowHours, writeWindow } from './residual-windows.ts'

/** What forecasting one series hour by hour needs to remember: plain JSON, never changed in place. */
export interface ForecastStream {
  /** The last hour seen, in hours since 1970. */
  readonly hour: number
  /** The last residuals, oldest first; null where unknown. As many as forecasts of the next hour are made from. */
  readonly residuals: readonly (number | null)[]
  /** Whose forecasts these are, and the last hour of the last window it was asked about; null before any. */
  readonly asked: { readonly network: string; readonly hour: number } | null
  /** Sums and numbers of the forecasts made for the hours after `hour`, the next one first. */
  readonly ahead: readonly { readonly sum: number; readonly count: number }[]
}

const rememberedHours = windowHours + aheadMax - 1

export function newForecastStream(hour: number): ForecastStream {
  return { hour, residuals: [], asked: null, ahead: [] }
}

/** What a network foretold of the hour after the last one seen: the mean of its forecasts; undefined where it has made none. */
export function nextShift({ asked, ahead: [next] }: ForecastStream, network: string): number | undefined {
  return asked?.network !== network || next === undefined || next.count === 0 ? undefined : next.sum / next.count
}

/** Goes on by one hour. @param residual NaN where unknown */
export function withResidual(stream: ForecastStream, residual: number): ForecastStream {
  const residuals = [...stream.residuals, Number.isNaN(residual) ? null : residual].slice(-rememberedHours)
  return { ...stream, hour: stream.hour + 1, residuals, ahead: stream.ahead.slice(1) }
}

/**
 * The windows that a network is yet to be asked about, one after another, oldest first: the last one, as a rule; those of a whole day for
 * a network that takes over from another, so that its forecasts stand at once. None before two days.
 */
export function unaskedWindows({ hour, residuals, asked }: ForecastStream, network: string): { readonly windows: Float32Array; readonly count: number } {
  const isNew = asked?.network !== network
  const count = Math.max(0, Math.min(residuals.length - windowHours + 1, isNew ? aheadMax : hour - asked.hour))
  const windows = new Float32Array(count * windowHours * windowFeatures)
  const series = { start: hour - residuals.length + 1, residuals: residuals.map((residual) => residual ?? NaN) }
  for (let window = 0; window < count; window += 1) writeWindow(series, residuals.length - count + window, windows, window * windowHours * windowFeatures)
  return { windows, count }
}

/** Adds what a network answered to {@link unaskedWindows}. @param forecasts count × {@link forecastHours}; what another network said is forgotten */
export function withForecasts(stream: ForecastStream, network: string, forecasts: ArrayLike<number>, count: number): ForecastStream {
  const before = stream.asked?.network === network ? stream.ahead : []
  const ahead = Array.from({ length: aheadMin - 1 + forecastHours }, (_, index) => {
    let { sum, count: made } = before[index] ?? { sum: 0, count: 0 }
    for (let window = 0; window < count; window += 1) {
      const place = index + count - window - aheadMin
      if (place < 0 || place >= forecastHours) continue
      sum += forecasts[window * forecastHours + place]!
      made += 1
    }
    return { sum, count: made }
  })
  return { ...stream, asked: { network, hour: stream.hour }, ahead }
}
