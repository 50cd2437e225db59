import type { Received } from '@ott/pipeline/define-stage'
import type { InboundRecord } from '@ott/pipeline/record'
import { readInbound, type InboundEvent } from '../src/read-inbound.ts'

/** When the records of these tests reached the broker. */
export const receivedAtMs = Date.parse('2026-03-01T12:00:00Z')

/** A viewer's event as a producer writes it; a field given as undefined is left out. */
export function anEvent(fields: Record<string, unknown> = {}): Record<string, unknown> {
  const event = { specversion: '1.0', id: 'e-1', source: '/app', type: 'com.ott.playback.started.v1', subject: 'viewer-1', time: '2026-03-01T11:59:59Z', data: { contentId: 'c-1' } }
  return JSON.parse(JSON.stringify({ ...event, ...fields })) as Record<string, unknown>
}

/** A record of acme's inbound topic that carries a structured event. */
export function aRecord(fields: Record<string, unknown> = {}, parts: Partial<InboundRecord> = {}): InboundRecord {
  return {
    topic: 'events.inbound.acme.v1',
    partition: 2,
    offset: 40n,
    timestampMs: receivedAtMs,
    key: 'acme:viewer-1',
    value: Buffer.from(JSON.stringify(anEvent(fields))),
    headers: { 'content-type': 'application/cloudevents+json' },
    ...parts,
  }
}

/** The same, read. */
export function received(fields: Record<string, unknown> = {}, parts: Partial<InboundRecord> = {}): Received<InboundEvent> {
  const read = readInbound(aRecord(fields, parts))
  if (!read.ok) throw new Error(read.cause.detail)
  return read.received
}
