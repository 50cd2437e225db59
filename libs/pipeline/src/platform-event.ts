import { recordKeyOf } from '@ott/contracts/define-event'
import { derivedId } from '@ott/contracts/derived-id'
import { inboundTopicOf } from '@ott/contracts/topics'
import type { ViewerEventType } from '@ott/contracts/viewer-event-types'
import type { OutboundRecord } from './record.ts'

export interface PlatformEvent {
  readonly type: ViewerEventType
  /** The service that says it, `/ott/compliance`. */
  readonly source: string
  readonly subject: string
  /** RFC 3339. */
  readonly time: string
  readonly data: object
}

/**
 * What the platform itself says of a tenant, as a record of the tenant's own topic: it walks through the pipeline like any other event.
 * @param name of what is told of, within its tenant and type: the id is derived from it, so that it is taken in once, however often it is told
 */
export function platformRecord(tenantId: string, name: string, { type, source, subject, time, data }: PlatformEvent): OutboundRecord {
  const event = { specversion: '1.0', id: derivedId(tenantId, type, name), source, type, subject, time, datacontenttype: 'application/json', data }
  return {
    topic: inboundTopicOf(tenantId),
    key: recordKeyOf({ tenantid: tenantId, subject }),
    value: JSON.stringify(event),
    headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
  }
}
