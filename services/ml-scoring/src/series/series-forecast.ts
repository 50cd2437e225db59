import { nextShift, windowOf, withForecast } from '@ott/neural/lstm/forecast-stream'
import type { HourForecast } from '@ott/anomaly/seasonal/seasonal-model'
import type { WatchState } from './watch-hour.ts'

/** A network that foretells what the hour of the week leaves over of one series, where it was found to do that better than nothing. */
export interface SeriesForecaster {
  /** Standard deviation of what remains about the forecast, in those of the hour of the week: `ForecastChoice.spread`. */
  readonly spread: number
  /** @param window see `windowOf`; answers the shift for each of the hours 12 to 24 ahead */
  predict(window: Float32Array): Promise<ArrayLike<number>>
}

/**
 * What a tenant's champion of the model `seasonal` foretells of a series; undefined where there is no champion, or where it doesn't
 * do better on this series: then the hour of the week stands alone.
 */
export type ForecastFor = (tenantId: string, series: string) => SeriesForecaster | undefined

export const noForecasts: ForecastFor = () => undefined

/** What was foretold of the next hour, 12 and more hours ago; undefined before anything was. */
export function foretold({ stream }: WatchState, hour: number, { spread }: SeriesForecaster): HourForecast | undefined {
  const [next] = stream.ahead
  return stream.hour !== hour - 1 || next === undefined || next.count === 0 ? undefined : { shift: nextShift(stream), spread }
}

/** Asks the network about the hours to come. */
export async function foretell(state: WatchState, forecaster: SeriesForecaster): Promise<WatchState> {
  const window = windowOf(state.stream)
  if (window === undefined) return state
  return { ...state, stream: withForecast(state.stream, await forecaster.predict(window)) }
}
