import { derivedId } from '@ott/contracts/derived-id'
import type { EventScored } from '@ott/contracts/event-scored'
import { violationOpened } from '@ott/contracts/violation-opened'
import type { Received } from '@ott/pipeline/define-stage'
import { emit, emitOf, type Decision, type Emit } from '@ott/pipeline/outcome'
import { causesOf, type Cause } from './cause.ts'

/** A violation that lasts: evidence within the quiet time prolongs it. */
export interface OpenViolation {
  readonly id: string
  readonly rule: string
  /** ms since the epoch, event time. */
  readonly lastEvidenceAtMs: number
}

/** What is known of a viewer before an event is judged. */
export interface ViewerCase {
  /** By rule. */
  readonly open: ReadonlyMap<string, OpenViolation>
  /** Violations this very event gave evidence for before, by rule: it is a replay then. */
  readonly evidence: ReadonlyMap<string, string>
  readonly riskThreshold: number
}

export type ViolationRow =
  | { readonly table: 'processed_events' }
  | { readonly table: 'violations'; readonly change: 'open'; readonly id: string; readonly cause: Cause }
  | { readonly table: 'violations'; readonly change: 'prolong' | 'lapse'; readonly id: string; readonly lastEvidenceAtMs: number }
  | { readonly table: 'evidence'; readonly violationId: string; readonly rule: string; readonly values: Readonly<Record<string, unknown>> }

/** Without new evidence for so long (event time) a violation has ended, and the next evidence opens another. */
export const quietMs = 24 * 3_600_000

/**
 * Decides which violations a scored event opens or prolongs. Pure. The id of a violation is derived from the event that
 * opened it, so a replay of that event tells of it again with the same bytes, and a replay of any other changes nothing.
 */
export function judgeViolations({ event, time }: Received<EventScored>, known: ViewerCase): Decision<ViolationRow, ViewerCase> {
  const atMs = Date.parse(time)
  const open = new Map(known.open)
  const evidence = new Map(known.evidence)
  const rows: ViolationRow[] = [{ table: 'processed_events' }]
  const emits: Emit[] = []
  for (const cause of causesOf(event, known.riskThreshold)) {
    const ownId = derivedId(event.id, violationOpened.topic, cause.rule)
    const before = evidence.get(cause.rule)
    if (before !== undefined) {
      if (before === ownId) emits.push(opened(event, cause, ownId))
      continue
    }
    const lasting = open.get(cause.rule)
    if (lasting !== undefined && atMs - lasting.lastEvidenceAtMs <= quietMs) {
      const lastEvidenceAtMs = Math.max(lasting.lastEvidenceAtMs, atMs)
      open.set(cause.rule, { ...lasting, lastEvidenceAtMs })
      rows.push({ table: 'violations', change: 'prolong', id: lasting.id, lastEvidenceAtMs })
      rows.push({ table: 'evidence', violationId: lasting.id, rule: cause.rule, values: cause.values })
      evidence.set(cause.rule, lasting.id)
      continue
    }
    if (lasting !== undefined) rows.push({ table: 'violations', change: 'lapse', id: lasting.id, lastEvidenceAtMs: lasting.lastEvidenceAtMs })
    open.set(cause.rule, { id: ownId, rule: cause.rule, lastEvidenceAtMs: atMs })
    rows.push({ table: 'violations', change: 'open', id: ownId, cause })
    rows.push({ table: 'evidence', violationId: ownId, rule: cause.rule, values: cause.values })
    evidence.set(cause.rule, ownId)
    emits.push(opened(event, cause, ownId))
  }
  return emit(emits, rows, { open, evidence, riskThreshold: known.riskThreshold })
}

function opened(event: EventScored, { rule, regulation, citation, severity, message }: Cause, violationId: string): Emit {
  const data = { violationId, rule, regulation, citation, severity, message, openedAt: event.time, eventId: event.data.event.id }
  return emitOf(violationOpened, data, { id: violationId })
}
