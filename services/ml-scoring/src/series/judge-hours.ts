import type { Anomaly } from './anomaly-course.ts'
import { foretell, foretold, type NamedForecast, type SeriesForecaster } from './series-forecast.ts'
import { streamBefore, watchHour, type WatchState } from './watch-hour.ts'

/** Hours of one series that are to be judged, one after the other. */
export interface HoursToJudge {
  readonly state: WatchState
  readonly from: number
  readonly last: number
  countOf(hour: number): number
  readonly forecaster: SeriesForecaster | undefined
  /** Called before each hour: lets others have the process. */
  breathe(): Promise<void> | undefined
  /** The network failed: the hours from that one on are judged by their hour of the week. */
  onForecastFailed(failed: SeriesForecaster, error: unknown): void
}

export interface JudgedHours {
  readonly state: WatchState
  /** By start hour, each as it is after the last hour, with the one it opened as, if it opened now. */
  readonly anomalies: ReadonlyMap<number, { readonly now: Anomaly; readonly opened: Anomaly | undefined }>
}

/** Judges hours with the forecasts made before them. The same counts and the same network give the same, in however many pieces. */
export async function judgeHours({ state, from, last, countOf, forecaster, breathe, onForecastFailed }: HoursToJudge): Promise<JudgedHours> {
  const anomalies = new Map<number, { now: Anomaly; opened: Anomaly | undefined }>()
  let after = state
  let inUse = forecaster
  for (let hour = from; hour <= last; hour += 1) {
    await breathe()
    let forecast: NamedForecast | undefined
    if (inUse !== undefined) {
      try {
        const stream = await foretell(streamBefore(after, hour), inUse)
        after = { ...after, stream }
        forecast = foretold(stream, inUse)
      } catch (error) {
        onForecastFailed(inUse, error)
        inUse = undefined
      }
    }
    const step = watchHour(after, hour, countOf(hour), forecast)
    for (const now of step.changes) anomalies.set(now.startHour, { now, opened: anomalies.get(now.startHour)?.opened ?? (step.opened?.startHour === now.startHour ? now : undefined) })
    after = step.state
  }
  return { state: after, anomalies }
}
