import type { MovingReference } from './moving-reference.ts'

const counts = ['version', 'hour', 'offered', 'alarmsLeft', 'flaggedLeft', 'day', 'replacedToday', 'replaced'] as const

/** All of a moving reference but the rows in force, which change some three times a day only: plain JSON of a few kilobytes. */
export function encodeGathering({ gathered, due, added: _apart, ...figures }: MovingReference): Readonly<Record<string, unknown>> {
  return { ...figures, gathered: textOf(gathered), due: textOf(due) }
}

/** The rows in force: base64 of their numbers, little-endian float64, row after row. */
export function encodeAdded({ added }: Pick<MovingReference, 'added'>): string {
  return textOf(added)
}

/** What was written; undefined for what isn't a reference of rows so wide, or holds a number that isn't finite. */
export function decodeReference(gathering: unknown, added: string, columnCount: number): MovingReference | undefined {
  if (typeof gathering !== 'object' || gathering === null) return undefined
  const given = gathering as Readonly<Record<string, unknown>>
  const rows = [given['gathered'], given['due'], added].map((text) => (typeof text === 'string' ? rowsOf(text, columnCount) : undefined))
  const { renewedAtMs } = given
  const areNumbers = counts.every((name) => Number.isFinite(given[name])) && (renewedAtMs === null || Number.isFinite(renewedAtMs))
  const [gathered, due, inForce] = rows
  if (!areNumbers || gathered === undefined || due === undefined || inForce === undefined) return undefined
  const figures = Object.fromEntries(counts.map((name) => [name, given[name]])) as unknown as Record<(typeof counts)[number], number>
  return { ...figures, renewedAtMs: renewedAtMs as number | null, gathered, due, added: inForce }
}

function textOf(rows: readonly Float64Array[]): string {
  const width = rows[0]?.length ?? 0
  const view = new DataView(new ArrayBuffer(rows.length * width * 8))
  for (const [row, values] of rows.entries()) {
    for (let column = 0; column < width; column += 1) view.setFloat64((row * width + column) * 8, values[column]!, true)
  }
  return Buffer.from(view.buffer).toString('base64')
}

function rowsOf(text: string, columnCount: number): Float64Array[] | undefined {
  const bytes = Buffer.from(text, 'base64')
  const rowCount = bytes.length / (8 * columnCount)
  if (!Number.isInteger(rowCount)) return undefined
  const rows = Array.from({ length: rowCount }, (_, row) => Float64Array.from({ length: columnCount }, (_value, column) => bytes.readDoubleLE((row * columnCount + column) * 8)))
  return rows.every((row) => row.every(Number.isFinite)) ? rows : undefined
}
