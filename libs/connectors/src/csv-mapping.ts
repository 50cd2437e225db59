import { problemsOf } from '@ott/contracts/define-event'
import type { Checked } from '@ott/contracts/result'
import { parseSafeJson } from '@ott/contracts/safe-json'
import { isViewerEventType, type ViewerEventType } from '@ott/contracts/viewer-event-types'
import { z } from 'zod'

const column = z.string().min(1, 'must be the name of a column')
const eventType = z.string().refine(isViewerEventType, 'is not in the catalogue of event types') as unknown as z.ZodType<ViewerEventType>

/** How a cell becomes a value. An empty cell leaves its field out, whatever the kind. */
export const cellKinds = ['string', 'number', 'boolean', 'json'] as const
export type CellKind = (typeof cellKinds)[number]

/** How a cell says the time: RFC 3339; a date and time without an offset, taken for UTC; or a count since 1970. */
export const timeKinds = ['rfc3339', 'utc', 'epoch-seconds', 'epoch-milliseconds'] as const
export type TimeKind = (typeof timeKinds)[number]

const fieldSource = z.union(
  [
    column,
    z.strictObject({ column, as: z.enum(cellKinds).default('string') }),
    z.strictObject({ value: z.union([z.string(), z.number(), z.boolean()]) }),
  ],
  { error: 'must be a column name, { "column", "as" } with as one of string, number, boolean, json, or { "value" }' },
)

/** `country`, or `location.latitude` for a field inside a field. */
const fieldPath = z.string().regex(/^[A-Za-z][\w-]*(\.[A-Za-z][\w-]*){0,3}$/, 'must be field names joined by dots')

const schema = z
  .strictObject({
    type: eventType.optional(),
    typeColumn: column.optional(),
    types: z.record(z.string(), eventType).optional(),
    subject: column,
    time: z.union([column, z.strictObject({ column, as: z.enum(timeKinds) })], {
      error: `must be a column name or { "column", "as" } with as one of ${timeKinds.join(', ')}`,
    }),
    id: column.optional(),
    source: z.string().min(1).max(2_048).optional(),
    delimiter: z.enum([',', ';', '\t', '|']).default(','),
    data: z.record(fieldPath, fieldSource),
  })
  .superRefine((mapping, context) => {
    if ((mapping.type === undefined) === (mapping.typeColumn === undefined)) {
      context.addIssue({ code: 'custom', path: ['type'], message: 'must be given, or else typeColumn, but not both' })
    }
    if (mapping.types !== undefined && mapping.typeColumn === undefined) {
      context.addIssue({ code: 'custom', path: ['types'], message: 'translates what typeColumn holds, which is not given' })
    }
    for (const path of Object.keys(mapping.data)) {
      const outer = path.split('.').map((_, i, names) => names.slice(0, i).join('.'))
      const clash = outer.find((name) => Object.hasOwn(mapping.data, name))
      if (clash === undefined) continue
      context.addIssue({ code: 'custom', path: ['data', path], message: `lies inside "${clash}", which is mapped as a whole` })
    }
  })

/**
 * What the columns of a CSV file mean.
 *
 * - `type` for all rows, or `typeColumn` with, optionally, `types` from what the column holds to event types
 * - `subject`, `time`, `id`: columns. Without `id` the id comes from the file's name and the row
 * - `source`: the CloudEvents source itself, the same for all rows; `urn:ott:replay:csv` when left out
 * - `data`: where each field comes from: a column, a column with its kind, or a fixed value
 */
export type CsvMapping = z.infer<typeof schema>

/** Reads a mapping file. Problems name the mapping's own field, such as `data.watchedSeconds`. */
export function readCsvMapping(json: string | Buffer): Checked<CsvMapping> {
  const parsed = parseSafeJson(json)
  if (!parsed.ok) return parsed
  const mapping = schema.safeParse(parsed.value)
  return mapping.success ? { ok: true, value: mapping.data } : { ok: false, problems: problemsOf(mapping.error) }
}

/** Each place of a mapping that names a column, by the mapping's field. */
export function mappedColumns(mapping: CsvMapping): { field: string; column: string }[] {
  const places: { field: string; column: string | undefined }[] = [
    { field: 'typeColumn', column: mapping.typeColumn },
    { field: 'subject', column: mapping.subject },
    { field: 'time', column: typeof mapping.time === 'string' ? mapping.time : mapping.time.column },
    { field: 'id', column: mapping.id },
  ]
  for (const [path, from] of Object.entries(mapping.data)) {
    places.push({ field: `data.${path}`, column: typeof from === 'string' ? from : 'column' in from ? from.column : undefined })
  }
  return places.filter((place): place is { field: string; column: string } => place.column !== undefined)
}
