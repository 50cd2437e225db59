import type { EventScored } from '@ott/contracts/event-scored'
import type { Received } from '@ott/pipeline/define-stage'
import type { Sql } from '@ott/postgres/database'
import { eventKeyOf } from '@ott/contracts/derived-id'
import type { OpenViolation, ViewerCase } from './judge-violations.ts'

/** The working set of a batch: open violations by viewer, evidence by event. */
export interface ViewerCases {
  readonly open: Map<string, ReadonlyMap<string, OpenViolation>>
  readonly evidence: Map<string, ReadonlyMap<string, string>>
  readonly riskThresholdOf: (tenantId: string) => number
}

/** The event key of the viewer's event inside a scored event. */
export function eventKeyIn(received: Received<EventScored>): string {
  const { source, id } = received.event.data.event
  return eventKeyOf(received.tenantId, source, id)
}

function viewerOf({ tenantId, subject }: Received<EventScored>): string {
  return `${tenantId}:${subject}`
}

/** Fetches what a batch of events builds on: two statements, whatever its size. Events without a cause need neither. */
export async function loadViewerCases(
  batch: readonly Received<EventScored>[],
  sql: Sql,
  riskThresholdOf: (tenantId: string) => number,
): Promise<ViewerCases> {
  const relevant = batch.filter(({ tenantId, event: { data } }) => data.findings.length > 0 || data.risk.score >= riskThresholdOf(tenantId))
  const cases: ViewerCases = { open: new Map(), evidence: new Map(), riskThresholdOf }
  if (relevant.length === 0) return cases
  const open = await sql.query<{ tenant_id: string; subject: string; id: string; rule: string; last_evidence_at: Date }>(
    `select tenant_id, subject, id, rule, last_evidence_at from violation.violations
     where status <> 'lapsed' and (tenant_id, subject) in (select * from unnest($1::text[], $2::text[]))`,
    [relevant.map(({ tenantId }) => tenantId), relevant.map(({ subject }) => subject)],
  )
  for (const row of open) {
    const viewer = `${row.tenant_id}:${row.subject}`
    const violation = { id: row.id, rule: row.rule, lastEvidenceAtMs: row.last_evidence_at.getTime() }
    cases.open.set(viewer, new Map(cases.open.get(viewer)).set(row.rule, violation))
  }
  const evidence = await sql.query<{ tenant_id: string; event_key: string; rule: string; violation_id: string }>(
    `select tenant_id, replace(event_key::text, '-', '') as event_key, rule, violation_id from violation.evidence
     where (tenant_id, event_key) in (select * from unnest($1::text[], $2::uuid[]))`,
    [relevant.map(({ tenantId }) => tenantId), relevant.map(eventKeyIn)],
  )
  for (const row of evidence) {
    const event = `${row.tenant_id} ${row.event_key}`
    cases.evidence.set(event, new Map(cases.evidence.get(event)).set(row.rule, row.violation_id))
  }
  return cases
}

const nothing: ReadonlyMap<string, never> = new Map<string, never>()

export function recallViewerCase(cases: ViewerCases, received: Received<EventScored>): ViewerCase {
  return {
    open: cases.open.get(viewerOf(received)) ?? nothing,
    evidence: (cases.evidence.size > 0 && cases.evidence.get(`${received.tenantId} ${eventKeyIn(received)}`)) || nothing,
    riskThreshold: cases.riskThresholdOf(received.tenantId),
  }
}

export function rememberViewerCase(cases: ViewerCases, received: Received<EventScored>, known: ViewerCase): void {
  if (known.open.size > 0) cases.open.set(viewerOf(received), known.open)
  if (known.evidence.size > 0) cases.evidence.set(`${received.tenantId} ${eventKeyIn(received)}`, known.evidence)
}
