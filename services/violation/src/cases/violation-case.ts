import type { Severity } from '@ott/contracts/severity'
import type { ViolationChanged, ViolationStatus } from '@ott/contracts/violation-changed'
import type { DueTimes } from './case-settings.ts'

/** A violation as those who decide about it see it. Times in ms since the epoch. */
export interface ViolationCase extends DueTimes {
  readonly id: string
  readonly rule: string
  readonly regulation: string
  readonly citation: string
  readonly message: string
  readonly severity: Severity
  /** Set by a person: evidence doesn't raise it any more. */
  readonly isSeverityPinned: boolean
  readonly status: ViolationStatus
  /** 1 when it opened; each change counts it up. */
  readonly version: number
  /** Event time of the evidence that opened it, and of the latest. */
  readonly openedAtMs: number
  readonly lastEvidenceAtMs: number
  /** When the clocks of its service level began. */
  readonly clockFromMs: number
  readonly isIncidentEnded: boolean
  /** Undefined while nobody closed it. */
  readonly closedAtMs: number | undefined
}

export function isClosed({ status }: { readonly status: ViolationStatus }): boolean {
  return status === 'resolved' || status === 'false_positive'
}

/** Whether evidence still prolongs it: of those there is one per viewer and rule. */
export function isOngoing(violation: Pick<ViolationCase, 'status' | 'isIncidentEnded'>): boolean {
  return !violation.isIncidentEnded && !isClosed(violation)
}

/** A change to a case, by whom, and the case after it. */
export interface CaseChange {
  readonly change: ViolationChanged['data']['change']
  /** After the change. */
  readonly violation: ViolationCase
  /** Id of an API key; undefined where evidence or a clock changed it. */
  readonly by?: string | undefined
  readonly reason?: string | undefined
  readonly assignee?: string | null | undefined
  readonly clock?: 'acknowledge' | 'resolve' | undefined
}
