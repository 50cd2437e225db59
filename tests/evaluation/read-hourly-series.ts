import { join } from 'node:path'
import type { HourSpan } from '@ott/anomaly/seasonal/event-extraction'
import { StartError } from '@ott/dev-env/start-error'
import { readText } from './read-text.ts'

/** Hourly counts with labelled events, as a folder of counts.csv and events.json holds them. */
export interface HourlySeriesSet {
  /** The first hour, in hours since 1970. */
  readonly start: number
  readonly hours: number
  /** Hours at the beginning that hold no event. */
  readonly trainHours: number
  readonly series: readonly LabelledCounts[]
}

export interface LabelledCounts {
  readonly name: string
  readonly counts: readonly number[]
  /** By hour of the series; `end` is the hour after the last. */
  readonly events: readonly HourSpan[]
}

const msPerHour = 3_600_000

/** @throws StartError naming the file, and the line or field, that can't be read */
export async function readHourlySeries(folder: string): Promise<HourlySeriesSet> {
  const countsFile = join(folder, 'counts.csv')
  const eventsFile = join(folder, 'events.json')
  const { names, rows } = countsIn(countsFile, await readText(countsFile))
  const { hours, trainHours, start, events } = eventsIn(eventsFile, await readText(eventsFile), names.length)
  if (rows.length !== hours) throw new StartError(`${countsFile}: ${rows.length} hours, but ${eventsFile} says ${hours}`)
  const series = names.map((name, column) => ({ name, counts: rows.map((row) => row[column]!), events: events[column]! }))
  return { start, hours, trainHours, series }
}

/** @throws StartError */
export function countsIn(file: string, text: string): { names: string[]; rows: number[][] } {
  const [header = '', ...lines] = text.replace(/\r?\n$/, '').split(/\r?\n/)
  const names = header.split(',')
  if (header.trim() === '' || names.some((name) => name.trim() === '')) throw new StartError(`${file}, line 1: no name for each series`)
  if (lines.length === 0) throw new StartError(`${file}: no counts after the names`)
  const rows = lines.map((line, index) => {
    const cells = line.split(',')
    const place = `${file}, line ${index + 2}`
    if (cells.length !== names.length) throw new StartError(`${place}: ${cells.length} columns, not the ${names.length} of line 1`)
    return cells.map((cell, column) => {
      const count = Number(cell)
      if (cell.trim() === '' || !(count >= 0 && count < Infinity)) throw new StartError(`${place}, ${names[column]}: '${cell}' is no count`)
      return count
    })
  })
  return { names, rows }
}

interface EventsFile {
  readonly hours: number
  readonly trainHours: number
  readonly start: number
  readonly events: readonly (readonly HourSpan[])[]
}

/** @throws StartError */
export function eventsIn(file: string, text: string, seriesCount: number): EventsFile {
  const refuse = (what: string) => new StartError(`${file}: ${what}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw refuse(`no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  const { hours, train_hours: trainHours, start, events } = fieldsOf(value)
  if (!isWhole(hours) || hours < 1) throw refuse('hours: no whole number from 1')
  if (!isWhole(trainHours) || trainHours >= hours) throw refuse(`train_hours: no whole number below the ${hours} hours`)
  if (typeof start !== 'string') throw refuse('start: no time')
  const startMs = Date.parse(start.split(' ')[0]!)
  if (!Number.isInteger(startMs / msPerHour)) throw refuse(`start: '${start}' is no full hour such as 2026-01-05T00:00:00Z`)
  if (!Array.isArray(events) || events.length !== seriesCount) throw refuse(`events: no list for each of the ${seriesCount} series`)
  const spans = events.map((list: unknown, series) => {
    if (!Array.isArray(list)) throw refuse(`events[${series}]: no list`)
    return list.map((event: unknown, index) => {
      const { start: from, end } = fieldsOf(event)
      const isSpan = isWhole(from) && isWhole(end) && from < end && from >= trainHours && end <= hours
      if (!isSpan) throw refuse(`events[${series}][${index}]: from ${String(from)} to ${String(end)} isn't within hours ${trainHours} to ${hours}`)
      return { start: from, end }
    })
  })
  return { hours, trainHours, start: startMs / msPerHour, events: spans }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
