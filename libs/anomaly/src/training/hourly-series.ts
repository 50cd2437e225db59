import { arrayOf, DetectorBytesError, fromDetectorBytes, numberOf, toDetectorBytes } from '../detector-bytes.ts'
import { noGroups, seriesCounts, seriesPerTenantMax, type KnownGroups } from '../seasonal/series-counts.ts'

/** What happened hour by hour, by series. */
export interface HourlySeries {
  /** The first hour, in hours since 1970. */
  readonly start: number
  readonly hours: number
  /** Counts by the series' key, in the order of the keys. */
  readonly counts: ReadonlyMap<string, Float64Array>
}

export interface HourlySeriesOptions {
  /** Events of this time or later count in no hour; ms since the epoch. */
  readonly toMs: number
  /** Hours before it that are kept at most. */
  readonly hoursMax: number
}

const hourMs = 3_600_000

/** Counts what viewers did by the hour of its event time, from the first hour seen on. Hours without events count 0. */
export function collectHourlySeries({ toMs, hoursMax }: HourlySeriesOptions) {
  const end = Math.floor(toMs / hourMs)
  const counted = new Map<string, Map<number, number>>()
  let known: KnownGroups = noGroups
  let first = end
  return {
    add({ type, time, data }: { readonly type: string; readonly time: string; readonly data: object }): void {
      const hour = Math.floor(Date.parse(time) / hourMs)
      if (hour >= end || hour < end - hoursMax) return
      first = Math.min(first, hour)
      const told = seriesCounts({ type, data }, known)
      known = told.known
      for (const { key, count } of told.counts) {
        const own = counted.get(key) ?? new Map<number, number>()
        own.set(hour, (own.get(hour) ?? 0) + count)
        counted.set(key, own)
      }
    },
    finish(): HourlySeries {
      const hours = end - first
      const keys = [...counted.keys()].sort()
      const counts = new Map(keys.map((key) => [key, Float64Array.from({ length: hours }, (_, at) => counted.get(key)!.get(first + at) ?? 0)]))
      return { start: first, hours, counts }
    },
  }
}

const formatVersion = 1

/** Series as bytes, to be kept by their hash: the same series give the same bytes. */
export function hourlySeriesToBytes({ start, hours, counts }: HourlySeries): Uint8Array {
  return toDetectorBytes('hourly-series', formatVersion, { numbers: { start, hours }, arrays: Object.fromEntries(counts) })
}

/** @throws DetectorBytesError for bytes that are no series, or damaged */
export function hourlySeriesFrom(bytes: Uint8Array): HourlySeries {
  const content = fromDetectorBytes(bytes, 'hourly-series', formatVersion)
  const [start, hours] = [numberOf(content, 'start'), numberOf(content, 'hours', { least: 0, most: 100_000 })]
  const keys = Object.keys(content.arrays)
  if (keys.length > seriesPerTenantMax) throw new DetectorBytesError(`${keys.length} series are more than a tenant has`)
  return { start, hours, counts: new Map(keys.map((key) => [key, arrayOf(content, key, 'Float64Array', hours)])) }
}
