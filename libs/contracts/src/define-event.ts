import { z } from 'zod'
import { type Checked, type FieldProblem } from './result.ts'

/** The CloudEvents 1.0 envelope of every record between stages. `time` is event time: when it happened to the viewer. */
export interface PipelineEvent<Data = unknown> {
  readonly specversion: '1.0'
  /** Derived from the parent (see derived-id.ts): the same work gives the same id. */
  readonly id: string
  readonly source: string
  readonly type: string
  /** The viewer. With `tenantid` it is the key of the record. */
  readonly subject: string
  /** RFC 3339, event time. */
  readonly time: string
  readonly tenantid: string
  readonly datacontenttype: 'application/json'
  readonly dataschema: string
  readonly data: Data
}

/** One kind of event between stages: the single definition from which types, checks, JSON Schema and AsyncAPI come. */
export interface EventContract<Data = unknown> {
  /** CloudEvents `type`, with its version last. */
  readonly type: string
  readonly topic: string
  /** The service that publishes it. */
  readonly owner: string
  readonly description: string
  readonly data: z.ZodType<Data>
  readonly envelope: z.ZodType<PipelineEvent<Data>>
  readonly dataschema: string
  /** Checks a parsed record value; unknown fields pass through untouched. */
  check(value: unknown): Checked<PipelineEvent<Data>>
}

export type EventOf<Contract> = Contract extends EventContract<infer Data> ? PipelineEvent<Data> : never

/** The key of every pipeline record: events of one viewer stay in order through all stages. */
export function recordKeyOf(event: { tenantid: string; subject: string }): string {
  return `${event.tenantid}:${event.subject}`
}

export const tenantIdPattern = /^[a-z][a-z0-9-]{1,38}[a-z0-9]$/
/** Lower-case DNS label of 3 to 40 characters: fits topic names, schema names and metric labels. */
export const tenantId = z.string().regex(tenantIdPattern, 'must be 3 to 40 lower-case letters, digits or hyphens')

/** Keys of a map are the sender's own words: a path of them stays short enough for a header and a log line. */
const fieldPathCharactersMax = 200

/** What zod found wrong: at most 20 problems, none of which quotes a value. */
export function problemsOf(error: z.ZodError): FieldProblem[] {
  return error.issues.slice(0, 20).map(({ path, message }) => {
    return { field: path.join('.').slice(0, fieldPathCharactersMax) || '(body)', problem: message }
  })
}

/** Defines an event between stages. */
export function defineEvent<Schema extends z.ZodType>(definition: {
  type: string
  topic: string
  owner: string
  description: string
  data: Schema
}): EventContract<z.infer<Schema>> {
  const dataschema = `urn:ott:schema:${definition.type}`
  const envelope = z.looseObject({
    specversion: z.literal('1.0'),
    id: z.string().min(1).max(256),
    source: z.string().min(1).max(2_048),
    type: z.literal(definition.type),
    subject: z.string().min(1).max(256).meta({ 'x-privacy': 'linkable' }),
    time: z.iso.datetime({ offset: true }),
    tenantid: tenantId,
    datacontenttype: z.literal('application/json'),
    dataschema: z.literal(dataschema),
    data: definition.data,
  }) as unknown as z.ZodType<PipelineEvent<z.infer<Schema>>>
  return {
    ...definition,
    data: definition.data as z.ZodType<z.infer<Schema>>,
    dataschema,
    envelope,
    check(value) {
      const parsed = envelope.safeParse(value)
      return parsed.success ? { ok: true, value: parsed.data } : { ok: false, problems: problemsOf(parsed.error) }
    },
  }
}

/** Builds an event of a contract. The compiler checks the data; at run time whoever reads the record does. */
export function buildEvent<Data>(
  contract: EventContract<Data>,
  parts: { id: string; subject: string; time: string; tenantid: string; data: Data },
): PipelineEvent<Data> {
  return {
    specversion: '1.0',
    id: parts.id,
    source: `/ott/${contract.owner}`,
    type: contract.type,
    subject: parts.subject,
    time: parts.time,
    tenantid: parts.tenantid,
    datacontenttype: 'application/json',
    dataschema: contract.dataschema,
    data: parts.data,
  }
}

