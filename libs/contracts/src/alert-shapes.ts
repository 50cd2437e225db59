import { z } from 'zod'
import { alertStatuses } from './alert-changed.ts'
import { personal } from './privacy.ts'
import { severity } from './severity.ts'

const time = z.iso.datetime()
const labels = personal('linkable', z.record(z.string(), z.string()))

function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable().describe('Cursor of the page after this one.') })
}

const alert = z.object({
  id: z.string(),
  source: z.enum(['violation', 'api', 'system']).describe('Who told of it.'),
  violationId: z.string().nullable(),
  subject: personal('linkable', z.string()).nullable(),
  rule: z.string().describe('The rule that was broken; of an alert from elsewhere its label `alertname`.'),
  severity: severity.nullable(),
  status: z.enum(alertStatuses),
  labels,
  annotations: z.record(z.string(), z.string()),
  startsAt: time,
  endsAt: time.nullable().describe('When it ended, or will have unless it is told of again.'),
  acknowledgedAt: time.nullable(),
  acknowledgedBy: z.string().nullable().describe('Id of the API key that acknowledged it, or its violation.'),
  acknowledgedNote: z.string().nullable(),
  createdAt: time,
  updatedAt: time,
  silencedBy: z.string().nullable().optional().describe('The silence that hushes it now.'),
})

const matcher = z.object({ name: z.string(), value: z.string(), isRegex: z.boolean().default(false), isEqual: z.boolean().default(true) })

const silence = z.object({
  id: z.string(),
  status: z.object({ state: z.enum(['pending', 'active', 'expired']) }),
  matchers: z.array(matcher),
  startsAt: time,
  endsAt: time,
  createdBy: z.string(),
  comment: z.string(),
  noticeMinutes: z.number().describe('So long before its end an alert `SilenceExpiring` tells of it; 0: nobody is told.'),
  createdAt: time,
  updatedAt: time,
})

const noticeMinutes = z.number().int().min(0).max(10_080).default(15)
const ms = z.number().int().min(0)

const alertRoute = z.object({
  receiver: z.string(),
  matchers: z.array(z.string()),
  continue: z.boolean(),
  groupBy: z.array(z.string()),
  groupWaitMs: ms,
  groupIntervalMs: ms,
  repeatIntervalMs: ms,
  muteTimeIntervals: z.array(z.string()),
  activeTimeIntervals: z.array(z.string()),
  escalation: z.string().nullable(),
  routes: z.array(z.looseObject({})).describe('Routes of the same shape.'),
})

const receiver = z.object({
  name: z.string(),
  integrations: z.array(
    z.object({
      key: z.string().describe('Such as `webhook[0]`.'),
      kind: z.string(),
      sendResolved: z.boolean(),
      failingSince: time.nullable().describe('Since when nothing has reached it.'),
      disabledAt: time.nullable().describe('Since when nothing is sent any more.'),
      disabledReason: z.string().nullable(),
    }),
  ),
})

export const alertShapes = {
  Alert: alert,
  AlertPage: pageOf(alert),
  AlertAcknowledgement: z.strictObject({ note: z.string().max(2_000).optional() }),
  PostedAlerts: z
    .array(
      z.strictObject({
        labels,
        annotations: z.record(z.string(), z.string()).default({}),
        startsAt: z.iso.datetime({ offset: true }).optional(),
        endsAt: z.iso.datetime({ offset: true }).optional().describe('Without one it ends by itself unless it is told of again within `resolve_timeout`.'),
        generatorURL: z.string().max(2_048).optional(),
      }),
    )
    .max(1_000),
  PostedAlertsResult: z.object({ accepted: z.number().int() }),
  Silence: silence,
  SilencePage: pageOf(silence),
  SilenceRequest: z.strictObject({
    matchers: z.array(z.union([matcher, z.string()])).min(1).max(32).describe('Objects as Alertmanager has them, or texts such as `severity="low"`.'),
    startsAt: z.iso.datetime({ offset: true }).optional(),
    endsAt: z.iso.datetime({ offset: true }),
    createdBy: z.string().max(200).optional(),
    comment: z.string().max(2_000).default(''),
    noticeMinutes,
  }),
  SnoozeRequest: z.strictObject({
    subject: personal('linkable', z.string().max(256)),
    rule: z.string().max(256).optional().describe('Of this rule alone.'),
    minutes: z.number().int().min(1).max(43_200),
    comment: z.string().max(2_000).default(''),
    noticeMinutes,
  }),
  SilenceChange: z.strictObject({ startsAt: z.iso.datetime({ offset: true }).optional(), endsAt: z.iso.datetime({ offset: true }).optional(), comment: z.string().max(2_000).optional() }),
  AlertRoute: alertRoute,
  RouteTest: z.strictObject({ labels }),
  RouteTestResult: z.object({ routes: z.array(z.object({ receiver: z.string(), groupKey: z.string(), groupLabels: labels, escalation: z.string().nullable() })) }),
  OnCallList: z.object({
    items: z.array(
      z.object({
        schedule: z.string(),
        timeZone: z.string(),
        receiver: z.string().nullable().describe('Null while nobody is on call.'),
        nextHandover: time.nullable(),
        shifts: z.array(z.object({ receiver: z.string(), from: time, until: time })),
      }),
    ),
  }),
  Receiver: receiver,
  ReceiverList: z.object({ items: z.array(receiver) }),
} as const satisfies Record<string, z.ZodType>
