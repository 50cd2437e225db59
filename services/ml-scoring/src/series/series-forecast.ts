import type { HourForecast } from '@ott/anomaly/seasonal/seasonal-model'
import { nextShift, unaskedWindows, withForecasts, type ForecastStream } from '@ott/neural/lstm/forecast-stream'
import { forecastHours } from '@ott/neural/lstm/residual-windows'

/** A network that foretells what the hour of the week leaves over of one series, where it was found to do that better than nothing. */
export interface SeriesForecaster {
  /** Which network it is, for the anomalies it finds: `lstm-v3`. */
  readonly model: string
  /** Standard deviation of what remains about the forecast, in those of the hour of the week: `ForecastChoice.spread`. */
  readonly spread: number
  /** @param windows see `unaskedWindows`; answers the shifts for the hours 12 to 24 after each of them */
  predict(windows: Float32Array, count: number): Promise<ArrayLike<number>>
}

/**
 * What a tenant's champion of the model `seasonal` foretells of a series; undefined where there is no champion, or where it doesn't
 * do better on this series: then the hour of the week stands alone.
 */
export type ForecastFor = (tenantId: string, series: string) => SeriesForecaster | undefined

/** What is expected of an hour, and by which network. */
export interface NamedForecast extends HourForecast {
  readonly model: string
}

/** Residuals are bounded like this where networks learn from them; none foretells more. */
const shiftMax = 3

/**
 * Asks the network about the hours to come, as far as it wasn't yet. Its answers are rounded, since their last bits depend on how many
 * windows it was asked about at once.
 *
 * @throws RangeError when it answers no numbers
 */
export async function foretell(stream: ForecastStream, { model, predict }: SeriesForecaster): Promise<ForecastStream> {
  const { windows, count } = unaskedWindows(stream, model)
  const shifts = count === 0 ? [] : Array.from(await predict(windows, count), (shift) => Math.round(Math.max(-shiftMax, Math.min(shiftMax, shift)) * 1e4) / 1e4)
  if (shifts.length !== count * forecastHours || !shifts.every(Number.isFinite)) throw new RangeError(`${model} answers something else than ${count * forecastHours} numbers`)
  return withForecasts(stream, model, shifts, count)
}

/** What a network has foretold of the hour after the last one seen; undefined where it has not. */
export function foretold(stream: ForecastStream, { model, spread }: SeriesForecaster): NamedForecast | undefined {
  const shift = nextShift(stream, model)
  return shift === undefined ? undefined : { shift, spread, model }
}
