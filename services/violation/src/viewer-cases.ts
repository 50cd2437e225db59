import { eventKeyOf } from '@ott/contracts/derived-id'
import type { EventScored } from '@ott/contracts/event-scored'
import type { Severity } from '@ott/contracts/severity'
import type { Received } from '@ott/pipeline/define-stage'
import type { Sql } from '@ott/postgres/database'
import { lockCases } from './cases/case-rows.ts'
import { caseSettingsOf, type CaseSettings } from './cases/case-settings.ts'
import type { ViolationCase } from './cases/violation-case.ts'
import { causesOf } from './cause.ts'
import type { GivenEvidence, ViewerCase } from './judge-violations.ts'

/** The working set of a batch: cases by viewer and rule, evidence by event, settings by tenant. */
export interface ViewerCases {
  readonly cases: Map<string, ReadonlyMap<string, readonly ViolationCase[]>>
  readonly evidence: Map<string, ReadonlyMap<string, GivenEvidence>>
  readonly settings: ReadonlyMap<string, CaseSettings>
  readonly riskThresholdOf: (tenantId: string) => number
}

/** The event key of the viewer's event inside a scored event. */
export function eventKeyIn(received: Received<EventScored>): string {
  const { source, id } = received.event.data.event
  return eventKeyOf(received.tenantId, source, id)
}

function viewerOf({ tenantId, subject }: { readonly tenantId: string; readonly subject: string }): string {
  return `${tenantId}:${subject}`
}

/** Fetches what a batch of events builds on: four statements, whatever its size. Events without a cause need none. */
export async function loadViewerCases(
  batch: readonly Received<EventScored>[],
  sql: Sql,
  riskThresholdOf: (tenantId: string) => number,
): Promise<ViewerCases> {
  const wanted = batch.flatMap((received) => causesOf(received.event, riskThresholdOf(received.tenantId)).map(({ rule }) => ({ received, rule })))
  if (wanted.length === 0) return { cases: new Map(), evidence: new Map(), settings: new Map(), riskThresholdOf }
  const relevant = [...new Set(wanted.map(({ received }) => received))]
  const locked = lockCases(sql, wanted.map(({ received: { tenantId, subject }, rule }) => ({ tenantId, subject, rule })))
  const given = sql.query<{ tenant_id: string; event_key: string; rule: string; violation_id: string; opened_severity: Severity }>(
    `select e.tenant_id, replace(e.event_key::text, '-', '') as event_key, e.rule, e.violation_id,
       (select v.opened_severity from violation.violations v where v.tenant_id = e.tenant_id and v.id = e.violation_id) as opened_severity
     from violation.evidence e where (e.tenant_id, e.event_key) in (select * from unnest($1::text[], $2::uuid[]))`,
    [relevant.map(({ tenantId }) => tenantId), relevant.map(eventKeyIn)],
  )
  // The transaction sees the tenants of the batch alone.
  const said = sql.query<{ tenant_id: string; settings: unknown }>('select tenant_id, settings from violation.case_settings')
  const settings = new Map((await said).map((row) => [row.tenant_id, caseSettingsOf(row.settings)]))
  return { cases: byViewer(await locked), evidence: byEvent(await given), settings, riskThresholdOf }
}

function byViewer(locked: readonly { tenantId: string; subject: string; violation: ViolationCase }[]): ViewerCases['cases'] {
  const viewers = new Map<string, Map<string, ViolationCase[]>>()
  for (const { violation, ...of } of locked) {
    const rules = viewers.get(viewerOf(of)) ?? new Map<string, ViolationCase[]>()
    viewers.set(viewerOf(of), rules)
    rules.set(violation.rule, [...(rules.get(violation.rule) ?? []), violation])
  }
  return new Map(viewers)
}

function byEvent(rows: readonly { tenant_id: string; event_key: string; rule: string; violation_id: string; opened_severity: Severity }[]): ViewerCases['evidence'] {
  const evidence: ViewerCases['evidence'] = new Map()
  for (const row of rows) {
    const event = `${row.tenant_id} ${row.event_key}`
    evidence.set(event, new Map(evidence.get(event)).set(row.rule, { violationId: row.violation_id, openedSeverity: row.opened_severity }))
  }
  return evidence
}

const nothing: ReadonlyMap<string, never> = new Map<string, never>()
const defaults = caseSettingsOf(undefined)

export function recallViewerCase(facts: ViewerCases, received: Received<EventScored>): ViewerCase {
  return {
    cases: facts.cases.get(viewerOf(received)) ?? nothing,
    evidence: (facts.evidence.size > 0 && facts.evidence.get(`${received.tenantId} ${eventKeyIn(received)}`)) || nothing,
    riskThreshold: facts.riskThresholdOf(received.tenantId),
    settings: facts.settings.get(received.tenantId) ?? defaults,
  }
}

export function rememberViewerCase(facts: ViewerCases, received: Received<EventScored>, known: ViewerCase): void {
  if (known.cases.size > 0) facts.cases.set(viewerOf(received), known.cases)
  if (known.evidence.size > 0) facts.evidence.set(`${received.tenantId} ${eventKeyIn(received)}`, known.evidence)
}
