import { eventAccepted } from '@ott/contracts/event-accepted'
import { describeProblems, type FieldProblem } from '@ott/contracts/result'
import type { Screening } from '@ott/contracts/screening'
import type { Received } from '@ott/pipeline/define-stage'
import { deadLetter, duplicate, emit, emitOf, filtered, type Decision } from '@ott/pipeline/outcome'
import { classesOf, type ScreeningFinding } from '@ott/screening/screen-event'
import type { InboundEvent } from './read-inbound.ts'

/** Which record of the inbound topic first carried an event. */
export interface Claim {
  readonly partition: number
  readonly offset: bigint
}

/** What became of an event that carries an attack. */
export type ScreeningAction = 'marked' | 'blocked'

/** A row for one of the stage's tables. */
export type IngestRow =
  | { readonly table: 'raw_events'; readonly json: Buffer }
  | { readonly table: 'discarded_events'; readonly outcome: 'duplicate' | 'filtered'; readonly reason: string }
  | { readonly table: 'attack_findings'; readonly action: ScreeningAction; readonly screening: Screening }

/** What an event's tenant wants let in. */
export interface AdmissionRules {
  readonly ignoredEventTypes: ReadonlySet<string>
  readonly blocksAttacks: boolean
}

export interface Admission extends AdmissionRules {
  /** The record that holds the event's key: this one, an earlier one, or none for an event that must not claim it. */
  readonly claim: Claim | undefined
}

/** True for an event that its tenant doesn't want let in for the attacks it carries. It claims no key: put back later, it must not pass for its own duplicate. */
export function isBlocked({ event, findings }: InboundEvent, { ignoredEventTypes, blocksAttacks }: AdmissionRules): boolean {
  return blocksAttacks && findings.length > 0 && !ignoredEventTypes.has(event.type)
}

/** Lets an event in unless another record brought it before, its tenant doesn't want it judged, or blocks the attack it carries. */
export function admit({ record, event: inbound }: Received<InboundEvent>, { claim, ...rules }: Admission): Decision<IngestRow> {
  const { event, eventKey, json, findings } = inbound
  if (claim !== undefined && (claim.partition !== record.partition || claim.offset !== record.offset)) {
    return duplicate([{ table: 'discarded_events', outcome: 'duplicate', reason: `${claim.partition}/${claim.offset}` }])
  }
  if (rules.ignoredEventTypes.has(event.type)) {
    return filtered('ignored_type', [{ table: 'discarded_events', outcome: 'filtered', reason: 'ignored_type' }])
  }
  const screening = findings.length === 0 ? undefined : screeningOf(findings)
  // A record that holds its key was let in before its tenant began to block: a replay decides the same again.
  if (screening !== undefined && claim === undefined && isBlocked(inbound, rules)) {
    const problems = attackProblems(findings)
    return { ...deadLetter({ reason: 'attack_blocked', detail: describeProblems(problems), problems }), rows: [{ table: 'attack_findings', action: 'blocked', screening }] }
  }
  const { id, source, type, time, data } = event
  const accepted = emitOf(
    eventAccepted,
    { event: { id, source, type, time, data }, receivedAt: new Date(record.timestampMs).toISOString(), ...(screening === undefined ? {} : { screening }) },
    { id: eventKey },
  )
  const rows: IngestRow[] = [{ table: 'raw_events', json }]
  if (screening !== undefined) rows.push({ table: 'attack_findings', action: 'marked', screening })
  return emit([accepted], rows)
}

function screeningOf(findings: readonly ScreeningFinding[]): Screening {
  return { classes: classesOf(findings), findings: findings.map(({ path, classes, excerpt }) => ({ path, classes: [...classes], excerpt })) }
}

/** Findings as a caller is told of them: where, and what they look like, without quoting them. */
export function attackProblems(findings: readonly ScreeningFinding[]): FieldProblem[] {
  return findings.map(({ path, classes }) => ({ field: path, problem: `looks like an attack (${classes.join(', ')})` }))
}
