import { z } from 'zod'
import { defineEvent, type EventOf } from './define-event.ts'
import { severity } from './severity.ts'

/** How far people are with a case. The last two end it. */
export const violationStatuses = ['open', 'acknowledged', 'in_review', 'resolved', 'false_positive'] as const
export type ViolationStatus = (typeof violationStatuses)[number]

/** What can become of a violation after it opened. */
export const violationChanges = [
  'acknowledged',
  'review_started',
  'resolved',
  'false_positive',
  /** A case that was closed is open again. */
  'reopened',
  'severity_changed',
  'assigned',
  /** No new evidence within the incident window: what happened is over, whether people are done with it or not. */
  'incident_ended',
  /** Evidence that belongs to an incident that had ended. */
  'incident_resumed',
  /** A clock of its service level ran out before somebody acted. */
  'overdue',
] as const
export type ViolationChange = (typeof violationChanges)[number]

/** A violation as it is after one change to it. */
export const violationChanged = defineEvent({
  type: 'com.ott.violation.changed.v1',
  topic: 'violations.v1',
  owner: 'violation',
  description: 'Somebody or something changed a violation: its state, its gravity, or whether it still goes on.',
  data: z.looseObject({
    violationId: z.string(),
    change: z.enum(violationChanges),
    rule: z.string(),
    regulation: z.string(),
    citation: z.string(),
    severity,
    message: z.string(),
    status: z.enum(violationStatuses),
    /** Whether evidence still comes, within the incident window. */
    isOngoing: z.boolean(),
    /** RFC 3339, event time of the first evidence. */
    openedAt: z.string(),
    /** RFC 3339, when it was changed. */
    changedAt: z.string(),
    /** Id of the API key that changed it; absent where a clock or evidence did. */
    changedBy: z.string().optional(),
    reason: z.string().optional(),
    /** Of `assigned`: who takes care of it, null for nobody any more. */
    assignee: z.string().nullable().optional(),
    /** Of `overdue`: which clock ran out. */
    clock: z.enum(['acknowledge', 'resolve']).optional(),
    /** Counts the changes of this violation from 1, its opening being 1: of two, the higher is the later. */
    version: z.number().int().min(1),
  }),
})
export type ViolationChanged = EventOf<typeof violationChanged>
