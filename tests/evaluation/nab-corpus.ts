import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartError } from '@ott/dev-env/start-error'
import type { LabelledSeries } from './nab-score.ts'

/** A series of the benchmark as its file has it; `name` is `<group>/<file>.csv`. */
export interface NabSeries extends LabelledSeries {
  readonly group: string
  readonly file: string
  /** The first two columns as written, for result files that have to repeat them. */
  readonly rows: readonly string[]
  readonly values: Float64Array
}

/**
 * Reads `data/<group>/<file>.csv` (timestamp, value) and `labels/combined_windows.json`, sorted by name.
 * @throws StartError naming file and line where something is missing or can't be read
 */
export async function readNabCorpus(folder: string): Promise<NabSeries[]> {
  const labelFile = join(folder, 'labels', 'combined_windows.json')
  const labels = parseLabels(await textOf(labelFile), labelFile)
  const paths = (await readdir(join(folder, 'data'), { recursive: true }).catch(() => [] as string[])).filter((path) => /^[^/]+\/[^/]+\.csv$/.test(path))
  if (paths.length === 0) throw new StartError(`${join(folder, 'data')}: no <group>/<file>.csv there`)
  return Promise.all(
    paths.sort().map(async (name) => {
      const windows = labels[name]
      if (windows === undefined) throw new StartError(`${labelFile}: says nothing of ${name}`)
      const path = join(folder, 'data', name)
      const series = parseSeries(await textOf(path), path)
      const known = new Set(Array.from(series.timesMs))
      const limits = windows.map((window) => {
        const [startMs, endMs] = Array.isArray(window) && window.length === 2 ? [timeOf(window[0]), timeOf(window[1])] : [NaN, NaN]
        if (!known.has(startMs) || !known.has(endMs) || endMs < startMs) {
          throw new StartError(`${labelFile}: ${name}: the window ${JSON.stringify(window)} doesn't start and end at rows of the series`)
        }
        return [startMs, endMs] as const
      })
      const [group = '', file = ''] = name.split('/')
      return { name, group, file, windows: limits, ...series }
    }),
  )
}

function parseSeries(text: string, path: string): Pick<NabSeries, 'rows' | 'timesMs' | 'values'> {
  const [header, ...rows] = text.split(/\r?\n/).filter((line) => line !== '')
  if (header !== 'timestamp,value') throw new StartError(`${path}:1: the header is ${JSON.stringify(header ?? '')}, not "timestamp,value"`)
  if (rows.length === 0) throw new StartError(`${path}: has no rows`)
  const timesMs = new Float64Array(rows.length)
  const values = new Float64Array(rows.length)
  for (const [index, row] of rows.entries()) {
    const [time, value, ...more] = row.split(',')
    const [atMs, number] = [timeOf(time), value === undefined || value.trim() === '' ? NaN : Number(value)]
    if (Number.isNaN(atMs) || !Number.isFinite(number) || more.length > 0) {
      throw new StartError(`${path}:${index + 2}: ${JSON.stringify(row)} is no time and number`)
    }
    timesMs[index] = atMs
    values[index] = number
  }
  return { rows, timesMs, values }
}

function parseLabels(text: string, path: string): Partial<Record<string, readonly unknown[]>> {
  try {
    const labels: unknown = JSON.parse(text)
    if (labels !== null && typeof labels === 'object' && Object.values(labels).every(Array.isArray)) return labels as Record<string, readonly unknown[]>
  } catch {
    // Told below, like any other content that isn't what it should be.
  }
  throw new StartError(`${path}: is no JSON object of lists of windows`)
}

/** Times are written without a zone; all that counts is that rows and windows are read alike. NaN when it is none. */
function timeOf(text: unknown): number {
  const match = typeof text === 'string' ? /^(\d{4}-\d\d-\d\d) (\d\d:\d\d(?::\d\d)?)(?:\.\d+)?$/.exec(text) : null
  return match === null ? NaN : Date.parse(`${match[1]}T${match[2]}Z`)
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new StartError(`${path}: can't be read: ${error instanceof Error ? error.message : String(error)}`)
  })
}
