import { recordKeyOf } from '@ott/contracts/define-event'
import { describeProblems, type FieldProblem } from '@ott/contracts/result'
import { inboundTopicOf } from '@ott/contracts/topics'
import { checkViewerEvent, type ViewerEvent } from '@ott/contracts/viewer-event'
import type { OutboundRecord } from '@ott/pipeline/record'
import type { AttackClass } from '@ott/screening/attack-class'
import { classesOf, screenEvent } from '@ott/screening/screen-event'
import { attackProblems } from './admit.ts'

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
  /** The classes found in each event that was refused for an attack. */
  readonly attacks: readonly (readonly AttackClass[])[]
}

/** What holds for all events of a request. */
export interface Reception {
  readonly tenantId: string
  readonly nowMs: number
  /** Continues the caller's trace in every event that doesn't bring its own. */
  readonly traceparent?: string | undefined
  /** Whether the tenant has events refused for the attacks they carry. Without it they are screened behind the topic alone. */
  readonly blocksAttacks?: boolean
}

/** Checks the events of one request and builds the records of those that pass. */
export function receiveEvents(values: readonly unknown[], { tenantId, nowMs, traceparent, blocksAttacks = false }: Reception): ReceivedEvents {
  const results: EventResult[] = []
  const records: OutboundRecord[] = []
  const attacks: (readonly AttackClass[])[] = []
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
    const findings = blocksAttacks ? screenEvent(event) : []
    if (findings.length > 0) {
      attacks.push(classesOf(findings))
      results.push({ index, id, status: 'refused', errors: attackProblems(findings) })
      continue
    }
    records.push(recordOf(event, tenantId, event.traceparent ?? traceparent))
    results.push({ index, id: event.id, status: 'accepted' })
  }
  return { results, records, forbidden, attacks }
}

function recordOf(event: ViewerEvent, tenantId: string, trace: string | undefined): OutboundRecord {
  return {
    topic: inboundTopicOf(tenantId),
    key: recordKeyOf({ tenantid: tenantId, subject: event.subject }),
    value: JSON.stringify(event),
    headers: { 'content-type': 'application/cloudevents+json; charset=utf-8', ...(trace === undefined ? {} : { traceparent: trace }) },
  }
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
