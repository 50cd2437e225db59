import { recordKeyOf } from '@ott/contracts/define-event'
import { describeProblems, type FieldProblem } from '@ott/contracts/result'
import { inboundTopicOf } from '@ott/contracts/topics'
import { checkViewerEvent } from '@ott/contracts/viewer-event'
import type { OutboundRecord } from '@ott/pipeline/record'

/** What became of one event of a request. */
export interface EventResult {
  readonly index: number
  readonly id: string | null
  readonly status: 'accepted' | 'refused'
  readonly errors?: readonly FieldProblem[]
}

export interface ReceivedEvents {
  readonly results: readonly EventResult[]
  readonly records: readonly OutboundRecord[]
  /** True when an event named another tenant than the caller's. */
  readonly forbidden: boolean
}

/**
 * Checks the events of one request and builds the records of those that pass.
 * @param traceparent continues the caller's trace in every event that doesn't bring its own
 */
export function receiveEvents(values: readonly unknown[], tenantId: string, nowMs: number, traceparent: string | undefined): ReceivedEvents {
  const results: EventResult[] = []
  const records: OutboundRecord[] = []
  let forbidden = false
  for (const [index, value] of values.entries()) {
    const id = idOf(value)
    const claimed = (value as { tenantid?: unknown } | null)?.tenantid
    if (claimed !== undefined && claimed !== tenantId) {
      forbidden = true
      results.push({ index, id, status: 'refused', errors: [{ field: 'tenantid', problem: "is not the API key's tenant" }] })
      continue
    }
    const checked = checkViewerEvent(value, nowMs)
    if (!checked.ok) {
      results.push({ index, id, status: 'refused', errors: checked.problems })
      continue
    }
    const event = checked.value
    const trace = event.traceparent ?? traceparent
    records.push({
      topic: inboundTopicOf(tenantId),
      key: recordKeyOf({ tenantid: tenantId, subject: event.subject }),
      value: JSON.stringify(event),
      headers: { 'content-type': 'application/cloudevents+json; charset=utf-8', ...(trace === undefined ? {} : { traceparent: trace }) },
    })
    results.push({ index, id: event.id, status: 'accepted' })
  }
  return { results, records, forbidden }
}

function idOf(value: unknown): string | null {
  const id = (value as { id?: unknown } | null)?.id
  return typeof id === 'string' ? id.slice(0, 256) : null
}

/** The first problems of a refused request in one sentence. */
export function describeRefusal(results: readonly EventResult[]): string {
  return results
    .filter(({ errors }) => errors !== undefined)
    .slice(0, 3)
    .map(({ index, errors }) => (results.length === 1 ? '' : `event ${index}: `) + describeProblems(errors ?? []))
    .join('; ')
}
