import { invalid, valid, type Checked } from './result.ts'
import { parseSafeJson, unsafeTextProblem } from './safe-json.ts'

/**
 * Reads CloudEvents 1.0 from their protocol bindings. HTTP and Kafka differ only in how they prefix attributes
 * (`ce-` and `ce_`) and in HTTP percent-encoding header values (HTTP binding §3.1.3.2).
 */
export type Binding = 'http' | 'kafka'

const batchMediaType = 'application/cloudevents-batch+json'
const structuredMediaType = 'application/cloudevents+json'

/**
 * The events of one message, each still unchecked.
 * Structured, binary and batch mode are told apart by content type and headers; plain JSON that holds an event
 * or an array of them is taken for structured or batch mode, since that is what hand-written clients send.
 */
export function readCloudEvents(headers: Readonly<Record<string, string | undefined>>, body: Buffer, binding: Binding): Checked<unknown[]> {
  const contentType = (headers['content-type'] ?? '').toLowerCase()
  const prefix = binding === 'http' ? 'ce-' : 'ce_'
  if (!contentType.startsWith(structuredMediaType) && !contentType.startsWith(batchMediaType)) {
    if (headers[`${prefix}specversion`] !== undefined) return readBinary(headers, contentType, body, binding, prefix)
  }
  const parsed = parseSafeJson(body)
  if (!parsed.ok) return parsed
  if (Array.isArray(parsed.value)) {
    if (contentType.startsWith(structuredMediaType)) return invalid('(body)', 'must be one event, not an array, in structured mode')
    return valid(parsed.value)
  }
  if (contentType.startsWith(batchMediaType)) return invalid('(body)', 'must be an array of events in batch mode')
  return valid([parsed.value])
}

function readBinary(
  headers: Readonly<Record<string, string | undefined>>,
  contentType: string,
  body: Buffer,
  binding: Binding,
  prefix: string,
): Checked<unknown[]> {
  const event: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(prefix) || value === undefined) continue
    const attribute = name.slice(prefix.length)
    if (!/^[a-z0-9]{1,64}$/.test(attribute) || attribute === 'data') return invalid(name, 'is not a CloudEvents attribute name')
    const decoded = binding === 'http' ? percentDecode(unquote(value)) : value
    if (decoded === undefined) return invalid(name, 'is not valid percent-encoding')
    const problem = unsafeTextProblem(decoded)
    if (problem !== undefined) return invalid(name, problem)
    event[attribute] = decoded
  }
  if (contentType !== '') event['datacontenttype'] = contentType
  const data = parseSafeJson(body)
  if (!data.ok) return { ok: false, problems: data.problems.map(({ field, problem }) => ({ field: field === '(body)' ? 'data' : `data.${field}`, problem })) }
  event['data'] = data.value
  return valid([event])
}

/** Receivers must take the quoted strings of older senders, with their backslash escapes. */
function unquote(value: string): string {
  return /^"(?:[^"\\]|\\.)*"$/.test(value) ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value
}

function percentDecode(value: string): string | undefined {
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}
