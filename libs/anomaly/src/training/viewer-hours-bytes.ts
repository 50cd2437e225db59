import { arrayOf, fromDetectorBytes, numberOf, toDetectorBytes } from '../detector-bytes.ts'
import type { ViewerHours } from './viewer-hours.ts'

const formatVersion = 1

/** Viewers' hours as bytes, to be kept by their hash: the same hours give the same bytes. */
export function viewerHoursToBytes({ rows, timesMs, labels }: ViewerHours): Uint8Array {
  return toDetectorBytes('viewer-hours', formatVersion, {
    numbers: { columns: rows.columnCount },
    arrays: { values: rows.values, timesMs, labels: Uint16Array.from(labels, (label) => label + 1) },
  })
}

/** @throws DetectorBytesError for bytes that are no viewers' hours, or damaged */
export function viewerHoursFrom(bytes: Uint8Array): ViewerHours {
  const content = fromDetectorBytes(bytes, 'viewer-hours', formatVersion)
  const columnCount = numberOf(content, 'columns', { least: 0, most: 10_000 })
  const timesMs = arrayOf(content, 'timesMs', 'Float64Array')
  const rowCount = timesMs.length
  const values = arrayOf(content, 'values', 'Float64Array', rowCount * columnCount)
  return { rows: { values, rowCount, columnCount }, timesMs, labels: Int8Array.from(arrayOf(content, 'labels', 'Uint16Array', rowCount), (label) => label - 1) }
}
