import { derivedId } from '@ott/contracts/derived-id'
import type { EventScored } from '@ott/contracts/event-scored'
import type { Severity } from '@ott/contracts/severity'
import { violationOpened } from '@ott/contracts/violation-opened'
import type { Received } from '@ott/pipeline/define-stage'
import { emit, emitOf, type Decision, type Emit } from '@ott/pipeline/outcome'
import { dueTimesOf, type CaseSettings } from './cases/case-settings.ts'
import { incidentOf, withEvidence } from './cases/incident-of.ts'
import { isGraver, severityOf } from './cases/severity-of.ts'
import { isClosed, isOngoing, type CaseChange, type ViolationCase } from './cases/violation-case.ts'
import { causesOf, type Cause } from './cause.ts'

/** What is known of a viewer before an event is judged. */
export interface ViewerCase {
  /** By rule: the latest ones, and the one that goes on. */
  readonly cases: ReadonlyMap<string, readonly ViolationCase[]>
  /** Violations this very event gave evidence for before, by rule: it is a replay then. */
  readonly evidence: ReadonlyMap<string, GivenEvidence>
  readonly riskThreshold: number
  readonly settings: CaseSettings
}

export interface GivenEvidence {
  readonly violationId: string
  /** How grave that violation was when it opened. */
  readonly openedSeverity: Severity
}

export type ViolationRow =
  | { readonly table: 'processed_events' }
  | { readonly table: 'violations'; readonly isNew: true; readonly violation: ViolationCase; readonly previousId: string | undefined }
  | { readonly table: 'violations'; readonly isNew: false; readonly violation: ViolationCase }
  | { readonly table: 'changes'; readonly change: CaseChange }
  | { readonly table: 'evidence'; readonly violationId: string; readonly rule: string; readonly values: Readonly<Record<string, unknown>> }

/**
 * Decides which case each cause of a scored event belongs to: one that is there, or a new one. Pure. The id of a violation is derived from
 * the event that opened it, so a replay of that event tells of it again with the same bytes, and a replay of any other changes nothing.
 */
export function judgeViolations({ event, time }: Received<EventScored>, known: ViewerCase): Decision<ViolationRow, ViewerCase> {
  const atMs = Date.parse(time)
  const cases = new Map(known.cases)
  const evidence = new Map(known.evidence)
  const rows: ViolationRow[] = [{ table: 'processed_events' }]
  const emits: Emit[] = []
  for (const cause of causesOf(event, known.riskThreshold)) {
    const ownId = derivedId(event.id, violationOpened.topic, cause.rule)
    const before = evidence.get(cause.rule)
    if (before !== undefined) {
      if (before.violationId === ownId) emits.push(opened(event, cause, ownId, before.openedSeverity))
      continue
    }
    const severity = severityOf(cause, event.data.risk.score, known.settings.severityOverrides)
    const judged = judgeCause({ cause, severity, ownId, atMs, receivedAtMs: Date.parse(event.data.receivedAt) }, cases.get(cause.rule) ?? [], known.settings)
    cases.set(cause.rule, judged.cases)
    rows.push(...judged.rows, { table: 'evidence', violationId: judged.id, rule: cause.rule, values: cause.values })
    evidence.set(cause.rule, { violationId: judged.id, openedSeverity: severity })
    if (judged.id === ownId) emits.push(opened(event, cause, ownId, severity))
  }
  return emit(emits, rows, { ...known, cases, evidence })
}

interface OneEvidence {
  readonly cause: Cause
  /** Of this evidence. */
  readonly severity: Severity
  /** Of the violation it would open. */
  readonly ownId: string
  readonly atMs: number
  readonly receivedAtMs: number
}

function judgeCause(given: OneEvidence, cases: readonly ViolationCase[], settings: CaseSettings): { id: string; cases: readonly ViolationCase[]; rows: ViolationRow[] } {
  const joined = incidentOf(cases, given.atMs, settings.incidentWindowHours * 3_600_000)
  return joined === undefined ? openCase(given, cases, settings) : joinCase(joined, given, cases, settings)
}

function joinCase(joined: ViolationCase, { severity, atMs }: OneEvidence, cases: readonly ViolationCase[], settings: CaseSettings) {
  const others = cases.filter(({ id }) => id !== joined.id)
  const { violation: prolonged, isResumed } = withEvidence(joined, atMs, others)
  let violation = prolonged
  const rows: ViolationRow[] = []
  const changed = (parts: Partial<ViolationCase>, change: CaseChange['change']) => {
    violation = { ...violation, ...parts, version: violation.version + 1 }
    rows.push({ table: 'changes', change: { change, violation } })
  }
  if (isResumed) changed({}, 'incident_resumed')
  if (!isClosed(violation) && !violation.isSeverityPinned && isGraver(severity, violation.severity)) {
    changed({ severity, ...dueTimesOf(violation.clockFromMs, severity, settings) }, 'severity_changed')
  }
  rows.push({ table: 'violations', isNew: false, violation })
  return { id: violation.id, cases: [...others, violation], rows }
}

function openCase({ cause, severity, ownId, atMs, receivedAtMs }: OneEvidence, cases: readonly ViolationCase[], settings: CaseSettings) {
  const { rule, regulation, citation, message } = cause
  const violation: ViolationCase = {
    ...{ id: ownId, rule, regulation, citation, message, severity, isSeverityPinned: false, status: 'open', version: 1 },
    ...{ openedAtMs: atMs, lastEvidenceAtMs: atMs, clockFromMs: receivedAtMs, isIncidentEnded: false, closedAtMs: undefined },
    ...dueTimesOf(receivedAtMs, severity, settings),
  }
  const rows: ViolationRow[] = []
  const ended = cases.map((one) => {
    if (!isOngoing(one)) return one
    const over: ViolationCase = { ...one, isIncidentEnded: true, version: one.version + 1 }
    rows.push({ table: 'changes', change: { change: 'incident_ended', violation: over } }, { table: 'violations', isNew: false, violation: over })
    return over
  })
  const previousId = cases.filter(({ openedAtMs }) => openedAtMs <= atMs).reduce<ViolationCase | undefined>((latest, one) => (latest === undefined || one.openedAtMs >= latest.openedAtMs ? one : latest), undefined)?.id
  rows.push({ table: 'violations', isNew: true, violation, previousId })
  return { id: ownId, cases: [...ended, violation], rows }
}

function opened(event: EventScored, { rule, regulation, citation, message }: Cause, violationId: string, severity: Severity): Emit {
  const data = { violationId, rule, regulation, citation, severity, message, openedAt: event.time, eventId: event.data.event.id }
  return emitOf(violationOpened, data, { id: violationId })
}
