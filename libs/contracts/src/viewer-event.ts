import { z } from 'zod'
import { problemsOf, tenantId } from './define-event.ts'
import { invalid, valid, type Checked } from './result.ts'
import { traceparentPattern } from './traceparent.ts'
import { isViewerEventType, viewerEventTypes, type ViewerEventType } from './viewer-event-types.ts'

/** An event about a viewer as its producer wrote it: CloudEvents 1.0, checked. Unknown attributes pass through. */
export interface ViewerEvent {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: ViewerEventType
  readonly subject: string
  readonly time: string
  readonly tenantid?: string | undefined
  readonly traceparent?: string | undefined
  readonly data: ViewerEventData
}

/** The fields any type may carry; what else a type has is checked by its own schema. */
export interface ViewerEventData {
  readonly country?: string | undefined
  readonly region?: string | undefined
  readonly ip?: string | undefined
  readonly location?: { readonly latitude: number; readonly longitude: number } | undefined
  readonly consent?: Readonly<Record<string, boolean>> | undefined
  readonly [field: string]: unknown
}

/** How far ahead of its receipt an event's time may lie: clocks differ, but tomorrow's events are a fault. */
export const futureTimeMsMax = 24 * 3_600_000

export const viewerEventEnvelope = z.looseObject({
  specversion: z.literal('1.0', { error: 'must be "1.0"' }),
  id: z.string().min(1).max(256),
  source: z.string().min(1).max(2_048),
  type: z.string().min(1).max(256),
  subject: z.string().min(1).max(256).meta({ 'x-privacy': 'linkable' }),
  time: z.iso.datetime({ offset: true, error: 'must be an RFC 3339 time with an offset, such as "2026-01-31T20:15:00Z"' }).max(64),
  tenantid: tenantId.optional(),
  datacontenttype: z.string().regex(/^application\/json(;|$)/, 'must be application/json').optional(),
  traceparent: z.string().regex(traceparentPattern, 'must be a W3C traceparent').optional(),
  data: z.looseObject({}),
})

const earliestTimeMs = Date.parse('0001-01-01T00:00:00Z')

/** What is wrong with a time of the right form. PostgreSQL has no year 0 in this notation, and no offset of 16 hours. */
function timeProblem(time: string, receivedAtMs: number): string | undefined {
  const timeMs = Date.parse(time)
  if (timeMs > receivedAtMs + futureTimeMsMax) return 'lies more than a day in the future'
  if (timeMs < earliestTimeMs || time.startsWith('0000')) return 'lies before the year 1'
  return /[+-](1[6-9]|2\d):\d\d$/.test(time) ? 'has an offset of 16 hours or more' : undefined
}

/**
 * Checks one event that a producer sent.
 * @param receivedAtMs when the platform received it, in ms since the epoch
 */
export function checkViewerEvent(value: unknown, receivedAtMs: number): Checked<ViewerEvent> {
  const envelope = viewerEventEnvelope.safeParse(value)
  if (!envelope.success) return { ok: false, problems: problemsOf(envelope.error) }
  const { type, time } = envelope.data
  if (!isViewerEventType(type)) return invalid('type', `"${type.slice(0, 80)}" is not in the catalogue of event types`)
  const wrongTime = timeProblem(time, receivedAtMs)
  if (wrongTime !== undefined) return invalid('time', wrongTime)
  const data = viewerEventTypes[type].safeParse(envelope.data.data)
  if (!data.success) {
    return { ok: false, problems: problemsOf(data.error).map(({ field, problem }) => ({ field: `data.${field}`, problem })) }
  }
  return valid({ ...envelope.data, type, data: data.data } as ViewerEvent)
}
