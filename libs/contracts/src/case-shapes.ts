import { z } from 'zod'
import { personal } from './privacy.ts'
import { severities, severity } from './severity.ts'
import { violationChanges, violationStatuses } from './violation-changed.ts'

const time = z.iso.datetime()
const count = z.number().int().min(0)
const keyId = z.string().describe('Id of an API key.')
const status = z.enum(violationStatuses)
const clock = z.enum(['acknowledge', 'resolve'])
const assignee = personal('linkable', z.string().min(1).max(200))
const reason = z.string().min(1).max(2_000)

function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable().describe('Cursor of the page after this one.') })
}

const evidence = z.object({ eventId: z.string(), at: time, values: personal('sensitive', z.record(z.string(), z.unknown())) })

const violation = z.object({
  id: z.string(),
  subject: personal('linkable', z.string()),
  rule: z.string(),
  regulation: z.string(),
  citation: z.string(),
  severity,
  isSeverityPinned: z.boolean().describe("A person set it: evidence doesn't raise it any more."),
  message: z.string(),
  status,
  version: z.number().int().min(1).describe('Counts its changes; the ETag, which If-Match may name.'),
  isOngoing: z.boolean().describe("Whether evidence still prolongs it: it isn't closed, and its incident hasn't ended."),
  openedAt: time.describe('Event time of the evidence that opened it.'),
  lastEvidenceAt: time,
  incidentEndedAt: time.nullable().describe("When it had been without new evidence for the tenant's incident window."),
  previousId: z.string().nullable().describe('The case of the same viewer and rule before this one.'),
  assignee: assignee.nullable(),
  acknowledgedAt: time.nullable(),
  acknowledgedBy: keyId.nullable(),
  closedAt: time.nullable(),
  acknowledgeDueAt: time,
  resolveDueAt: time,
  overdue: z.array(clock).describe('Clocks that ran out before somebody acted.'),
  evidenceCount: count,
  evidence: z.array(evidence).describe('The first hundred.'),
})

const change = z.object({
  version: z.number().int().min(1),
  change: z.enum(['opened', ...violationChanges]),
  status: status.describe('After it, as the severity.'),
  severity,
  at: time,
  by: keyId.nullable().describe('Null where evidence or a clock did it.'),
  reason: reason.nullable(),
  assignee: assignee.nullable(),
  clock: clock.nullable(),
})

const comment = z.object({ id: z.string(), at: time, by: keyId, text: personal('sensitive', z.string()) })

const minutes = z.number().int().min(1).max(525_600)
const level = z.strictObject({ acknowledge: minutes, resolve: minutes }).describe('Minutes from its opening.')
const name = z.string().min(1).max(200)
const overrides = z
  .array(z.union([z.strictObject({ rule: name, severity }), z.strictObject({ regulation: name, severity })]))
  .max(500)
  .describe('What is said of a rule holds before what is said of its regulation.')
const windowHours = z.number().int().min(1).max(8_760).describe('Without new evidence for so long an incident has ended.')

/** Violations as cases that people work. */
export const caseShapes = {
  Violation: violation,
  ViolationPage: pageOf(violation),
  ViolationEvidencePage: pageOf(evidence),
  ViolationChangePage: pageOf(change),
  ViolationComment: comment,
  ViolationCommentPage: pageOf(comment),
  ViolationActionRequest: z.strictObject({ reason: reason.optional() }),
  ViolationReopenRequest: z.strictObject({ reason }),
  ViolationPatch: z.strictObject({ severity: severity.optional(), assignee: assignee.nullable().optional(), reason: reason.optional() }).meta({ minProperties: 1 }),
  ViolationCommentRequest: z.strictObject({ text: z.string().min(1).max(10_000) }),
  ViolationSettings: z.object({ severityOverrides: overrides, slaMinutes: z.record(z.enum(severities), level), incidentWindowHours: windowHours }),
  ViolationSettingsRequest: z
    .strictObject({ severityOverrides: overrides.optional(), slaMinutes: z.partialRecord(severity, level).optional(), incidentWindowHours: windowHours.optional() })
    .describe('What is left out becomes as by default.'),
} as const satisfies Record<string, z.ZodType>
