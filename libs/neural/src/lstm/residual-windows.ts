/** The network looks back over two days. */
export const windowHours = 48
/** Per hour: the residual, and the hour of the day as a point on a circle. */
export const windowFeatures = 3

/** It forecasts these hours after the last one it saw. Nearer ones it isn't asked for: an event would foretell itself. */
export const aheadMin = 12
export const aheadMax = 24
export const forecastHours = aheadMax - aheadMin + 1

/** A residual counts no further than this, so that an event in the window hardly moves the forecast. */
const residualMax = 3

/** The residuals of one series, in its own standard deviations, from an hour (since 1970) on; NaN where unknown. */
export interface ResidualSeries {
  readonly start: number
  readonly residuals: ArrayLike<number>
}

/** Writes the window that ends with hour `last` (an index into the series) to `into` at `offset`. Unknown residuals are 0: as usual. */
export function writeWindow({ start, residuals }: ResidualSeries, last: number, into: Float32Array, offset: number): void {
  for (let step = 0; step < windowHours; step += 1) {
    const index = last - windowHours + 1 + step
    const angle = (2 * Math.PI * ((start + index) % 24)) / 24
    into[offset + step * windowFeatures] = bounded(residuals[index] ?? NaN)
    into[offset + step * windowFeatures + 1] = Math.sin(angle)
    into[offset + step * windowFeatures + 2] = Math.cos(angle)
  }
}

export interface ResidualExamples {
  /** Windows one after another: count × {@link windowHours} × {@link windowFeatures}. */
  readonly windows: Float32Array
  /** What followed, bounded like the windows: count × {@link forecastHours}. */
  readonly targets: Float32Array
  readonly count: number
}

/** Every window whose own hours and forecast hours are known, of all series; at most `countMax`, evenly chosen. */
export function residualExamples(series: readonly ResidualSeries[], countMax: number): ResidualExamples {
  const places = series.flatMap((one) => {
    const lasts: { one: ResidualSeries; last: number }[] = []
    let known = 0
    for (let index = 0; index < one.residuals.length; index += 1) {
      known = Number.isNaN(one.residuals[index]!) ? 0 : known + 1
      if (known >= windowHours + aheadMax) lasts.push({ one, last: index - aheadMax })
    }
    return lasts
  })
  const count = Math.min(countMax, places.length)
  const windows = new Float32Array(count * windowHours * windowFeatures)
  const targets = new Float32Array(count * forecastHours)
  for (let example = 0; example < count; example += 1) {
    const { one, last } = places[Math.floor((example * places.length) / count)]!
    writeWindow(one, last, windows, example * windowHours * windowFeatures)
    for (let ahead = 0; ahead < forecastHours; ahead += 1) {
      targets[example * forecastHours + ahead] = bounded(one.residuals[last + aheadMin + ahead]!)
    }
  }
  return { windows, targets, count }
}

/**
 * One forecast per hour out of those that the windows before it made: their mean, all of them at least half a day old.
 * @param lasts the last hour of each window; @param forecasts count × {@link forecastHours}; @returns by hour, 0 where none was made
 */
export function forecastsByHour(hours: number, lasts: readonly number[], forecasts: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(hours)
  const counts = new Uint8Array(hours)
  for (const [window, last] of lasts.entries()) {
    for (let ahead = 0; ahead < forecastHours; ahead += 1) {
      const hour = last + aheadMin + ahead
      if (hour < 0 || hour >= hours) continue
      sums[hour]! += forecasts[window * forecastHours + ahead]!
      counts[hour]! += 1
    }
  }
  return sums.map((sum, hour) => (counts[hour] === 0 ? 0 : sum / counts[hour]!))
}

function bounded(residual: number): number {
  return Number.isNaN(residual) ? 0 : Math.max(-residualMax, Math.min(residualMax, residual))
}
