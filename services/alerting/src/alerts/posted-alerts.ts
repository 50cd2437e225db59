import { isResolved, toldOf, type Alert, type Labels } from '@ott/alert-routing/alert'
import { z } from 'zod'
import { alertIdOfLabels } from './alert-id.ts'
import type { ToldAlert } from './save-alerts.ts'

/** Alerts in one request. */
export const postedMax = 1_000

/** Any text since Prometheus 3; what a database can't keep is none. */
const labelName = z.string().min(1, 'a label must have a name').max(128).refine((name) => name.isWellFormed() && !name.includes('\u0000'), 'must be text')
const labels = z.record(labelName, z.string().max(1_024))

/** `PostableAlert` of Alertmanager's API v2. */
const postedAlert = z.strictObject({
  labels: labels.refine((given) => Object.values(given).some((value) => value !== ''), 'at least one label must say something').refine((given) => Object.keys(given).length <= 64, 'at most 64 labels'),
  annotations: z.record(labelName, z.string().max(8_192)).refine((given) => Object.keys(given).length <= 64, 'at most 64 annotations').default({}),
  startsAt: z.iso.datetime({ offset: true }).optional(),
  endsAt: z.iso.datetime({ offset: true }).optional(),
  generatorURL: z.string().max(2_048).default(''),
})
export const postedAlerts = z.array(postedAlert).max(postedMax)

/** An alert that another program told of, merged with what is known of it. Pure. */
export function toldByApi(
  { labels: given, annotations, startsAt, endsAt, generatorURL }: z.infer<typeof postedAlert>,
  { tenantId, known, resolveTimeoutMs, nowMs }: { tenantId: string; known: Alert | undefined; resolveTimeoutMs: number; nowMs: number },
): ToldAlert {
  const said: Labels = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''))
  const alert = toldOf(known, alertIdOfLabels(said), { labels: said, annotations, startsAtMs: msOf(startsAt), endsAtMs: msOf(endsAt) }, { nowMs, resolveTimeoutMs })
  return {
    ...alert,
    tenantId,
    source: 'api',
    generatorUrl: generatorURL,
    violationId: undefined,
    violationVersion: 0,
    status: isResolved(alert, nowMs) ? 'resolved' : 'firing',
    acknowledgement: undefined,
    traceparent: undefined,
  }
}

/** What is wrong with the times of posted alerts, by field. */
export function endsBeforeItStarts(posted: readonly z.infer<typeof postedAlert>[]): { field: string; problem: string }[] {
  return posted.flatMap(({ startsAt, endsAt }, n) => {
    const [from, until] = [msOf(startsAt), msOf(endsAt)]
    return from !== undefined && until !== undefined && until < from ? [{ field: `${n}.endsAt`, problem: 'must not be before startsAt' }] : []
  })
}

function msOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time)
}
