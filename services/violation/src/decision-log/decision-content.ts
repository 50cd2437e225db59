import { hash } from 'node:crypto'

/** What an event was evidence for. */
export interface EvidenceGiven {
  readonly rule: string
  readonly violationId: string
  /** JSON, as stored. */
  readonly found: string
}

/** All that was decided about one event, as it is stored. */
export interface EventDecided {
  /** 32 hex digits. */
  readonly eventKey: string
  readonly eventId: string
  readonly source: string
  readonly subject: string
  readonly type: string
  /** RFC 3339 in UTC with milliseconds, as the other times. */
  readonly eventTime: string
  readonly receivedAt: string
  readonly processedAt: string
  readonly timeline: string
  readonly ruleSetVersion: string
  /** JSON, as stored; the risk names its models' versions. */
  readonly findings: string
  readonly risk: string
  readonly evidence: readonly EvidenceGiven[]
  /** 32 hex digits of chance. Who hasn't got it can't find out by trying whether a digest is that of some content. */
  readonly salt: string
}

/**
 * The text whose SHA-256 the log keeps of an event: JSON without white space, the names of each object in order. Findings and risk are in it byte
 * for byte as stored, and what was found as evidence is JSON inside a string: so nobody has to agree on how numbers are written.
 */
export function eventContent(decided: EventDecided): string {
  const { eventId, eventKey, eventTime, findings, processedAt, receivedAt, risk, ruleSetVersion, salt, source, subject, timeline, type } = decided
  const about = JSON.stringify({ eventId, eventKey, eventTime, kind: 'event', processedAt, receivedAt, ruleSetVersion, salt, source, subject, timeline, type })
  const evidence = decided.evidence.length === 0 ? '[]' : JSON.stringify([...decided.evidence].sort((a, b) => (a.rule < b.rule ? -1 : 1)).map(({ rule, violationId, found }) => [rule, violationId, found]))
  return `{"about":${about},"evidence":${evidence},"findings":${findings},"risk":${risk}}`
}

/** The same of what a person changed: strings alone, so that this is its canonical form by RFC 8785. Names that every change has win over its own. */
export function changeContent(own: Readonly<Record<string, string>>, all: { kind: string; id: string; at: string; salt: string; subject: string }): string {
  return JSON.stringify(Object.fromEntries(Object.entries({ ...own, ...all }).sort(([a], [b]) => (a < b ? -1 : 1))))
}

/** SHA-256 in hex digits. */
export function digestOf(content: string): string {
  return hash('sha256', content, 'hex')
}
