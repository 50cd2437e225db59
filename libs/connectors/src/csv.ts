import { parseSafeJson } from '@ott/contracts/safe-json'
import { parse } from 'csv-parse/sync'
import { ConnectorOptionMissing, skipped, type Connector, type ConnectorOptions, type NumberedReading, type Reading } from './connector.ts'
import { mappedColumns, type CellKind, type CsvMapping, type TimeKind } from './csv-mapping.ts'
import { csvRecordsOf } from './csv-records.ts'
import { linesOf } from './lines.ts'
import { checkedReading, replayedId, replayedSource } from './replayed-event.ts'

/** The header has no such column, or has it twice: the mapping is for another file. `field` is the mapping's. */
export class CsvColumnMissing extends Error {
  override readonly name = 'CsvColumnMissing'
  readonly field: string

  constructor(field: string, problem: string) {
    super(`${field}: ${problem}`)
    this.field = field
  }
}

/**
 * Reads CSV (RFC 4180) with a header row; cells may hold line breaks. One reading per record after the header.
 * Skips `blank`, `line-too-long`, `unclosed-quote`, `malformed`, `column-count` (more or fewer cells than the header),
 * `other-type` (typeColumn holds what `types` doesn't name), `not-a-number`, `not-a-boolean`, `not-json`, `bad-time`
 * and `breaks-contract`, the last five with the field of the event at fault.
 * @throws ConnectorOptionMissing without a mapping
 * @throws CsvColumnMissing from `readings`, on a header that lacks a mapped column
 */
export function csv({ fileName, mapping }: ConnectorOptions): Connector {
  if (mapping === undefined) throw new ConnectorOptionMissing('csv files need a mapping that says what their columns mean')
  return {
    format: 'csv',
    async *readings(source): AsyncGenerator<NumberedReading> {
      let header: Header | undefined
      for await (const { lineNumber, text, reason } of csvRecordsOf(linesOf(source), mapping.delimiter)) {
        if (text === undefined) {
          yield { lineNumber, reading: skipped(reason ?? 'malformed') }
        } else if (text.trim() === '') {
          yield { lineNumber, reading: skipped('blank') }
        } else if (header === undefined) {
          header = readHeader(cellsOf(text, mapping.delimiter) ?? [], mapping)
        } else {
          yield { lineNumber, reading: readRecord(text, lineNumber, header, mapping, fileName) }
        }
      }
    },
  }
}

interface Header {
  readonly cells: number
  readonly indexes: ReadonlyMap<string, number>
}

function readHeader(names: readonly string[], mapping: CsvMapping): Header {
  const indexes = new Map(names.map((name, index) => [name.trim(), index]))
  for (const { field, column } of mappedColumns(mapping)) {
    const occurrences = names.filter((name) => name.trim() === column).length
    if (occurrences === 0) throw new CsvColumnMissing(field, `the file has no column ${JSON.stringify(column)}`)
    if (occurrences > 1) throw new CsvColumnMissing(field, `the file has ${occurrences} columns ${JSON.stringify(column)}`)
  }
  return { cells: names.length, indexes }
}

/** The cells of one record, or undefined when it isn't one. */
function cellsOf(text: string, delimiter: string): string[] | undefined {
  try {
    const records = parse(text, { delimiter, relax_quotes: true, relax_column_count: true, record_delimiter: '\n' })
    return records.length === 1 ? records[0] : undefined
  } catch {
    return undefined
  }
}

function readRecord(text: string, lineNumber: number, header: Header, mapping: CsvMapping, fileName: string): Reading {
  const cells = cellsOf(text, mapping.delimiter)
  if (cells === undefined) return skipped('malformed')
  if (cells.length !== header.cells) return skipped('column-count')
  const cell = (column: string) => (cells[header.indexes.get(column) ?? -1] ?? '').trim()

  const named = mapping.typeColumn === undefined ? mapping.type : cell(mapping.typeColumn)
  const type = mapping.types === undefined ? named : ownValue(mapping.types, named ?? '')
  if (type === undefined) return skipped('other-type', 'type')

  const time = typeof mapping.time === 'string' ? timeOf(cell(mapping.time), 'rfc3339') : timeOf(cell(mapping.time.column), mapping.time.as)
  if (time === undefined) return skipped('bad-time', 'time')

  const data: Record<string, unknown> = {}
  for (const [path, from] of Object.entries(mapping.data)) {
    if (typeof from === 'object' && 'value' in from) {
      setField(data, path, from.value)
      continue
    }
    const { column, as } = typeof from === 'string' ? { column: from, as: 'string' as const } : from
    const read = valueOf(cell(column), as)
    if (read === undefined) continue
    if ('reason' in read) return skipped(read.reason, `data.${path}`)
    setField(data, path, read.value)
  }
  const id = mapping.id === undefined ? '' : cell(mapping.id)
  return checkedReading({
    specversion: '1.0',
    id: id === '' ? replayedId({ format: 'csv', fileName, lineNumber, entry: text }) : id,
    source: mapping.source ?? replayedSource('csv'),
    type,
    subject: cell(mapping.subject),
    time,
    datacontenttype: 'application/json',
    data,
  })
}

/** A cell may read `constructor`, which every object seems to have. */
function ownValue<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

type Value = { readonly value: unknown } | { readonly reason: 'not-a-number' | 'not-a-boolean' | 'not-json' } | undefined

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
])

function valueOf(cell: string, as: CellKind): Value {
  if (cell === '') return undefined
  if (as === 'string') return { value: cell }
  if (as === 'number') return isDecimal(cell) ? { value: Number(cell) } : { reason: 'not-a-number' }
  if (as === 'boolean') {
    const value = booleans.get(cell.toLowerCase())
    return value === undefined ? { reason: 'not-a-boolean' } : { value }
  }
  const parsed = parseSafeJson(cell)
  return parsed.ok ? { value: parsed.value } : { reason: 'not-json' }
}

/** Decimal only: `Number` would also take '', '0x1f' and 'Infinity'. */
function isDecimal(text: string): boolean {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/.test(text) && Number.isFinite(Number(text))
}

function timeOf(cell: string, as: TimeKind): string | undefined {
  if (as === 'rfc3339') return cell === '' ? undefined : cell
  if (as === 'utc') {
    const [, date, clock] = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)$/.exec(cell) ?? []
    return date === undefined || clock === undefined ? undefined : `${date}T${clock.length === 5 ? `${clock}:00` : clock}Z`
  }
  if (!isDecimal(cell)) return undefined
  const date = new Date(Math.round(as === 'epoch-seconds' ? Number(cell) * 1_000 : Number(cell)))
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

/** The mapping's schema keeps `__proto__` and clashing paths out. */
function setField(data: Record<string, unknown>, path: string, value: unknown): void {
  const names = path.split('.')
  const last = names.pop() ?? path
  let inner = data
  for (const name of names) {
    if (!Object.hasOwn(inner, name)) inner[name] = {}
    inner = inner[name] as Record<string, unknown>
  }
  inner[last] = value
}
