import { setTimeout as delay } from 'node:timers/promises'
import { recordKeyOf } from '@ott/contracts/define-event'
import type { Bus } from '@ott/pipeline/bus'
import type { OutboundRecord } from '@ott/pipeline/record'
import { makeEvents } from '@ott/simulator/make-events'
import type pg from 'pg'

const perRequest = 500

/** Publishes everything as fast as the broker takes it, 500 records a request. */
export async function publishAll(bus: Bus, records: Iterable<OutboundRecord>): Promise<void> {
  let part: OutboundRecord[] = []
  for (const record of records) {
    part.push(record)
    if (part.length === perRequest) {
      await bus.publish(part)
      part = []
    }
  }
  if (part.length > 0) await bus.publish(part)
}

/** Waits until a counting query answers `wanted`; fails when nothing moves for a minute. */
export async function untilCount(client: pg.Client, query: string, wanted: number, onProgress: (done: number) => void): Promise<void> {
  let last = -1
  let movedAtMs = performance.now()
  for (;;) {
    const done = Number((await client.query<{ count: string }>(query)).rows[0]?.count)
    onProgress(done)
    if (done >= wanted) return
    if (done !== last) {
      last = done
      movedAtMs = performance.now()
    } else if (performance.now() - movedAtMs > 60_000) throw new Error(`stuck at ${done} of ${wanted}`)
    await delay(250)
  }
}

/** Ordinary one-kilobyte events of a tenant as records of a topic. */
export function* loadRecords(topic: string, tenantId: string, count: number, source: string): Generator<OutboundRecord> {
  for (const event of makeEvents({ seed: 'bench', count, subjects: 5_000, startsAt: '2026-01-01T00:00:00Z', source })) {
    yield {
      topic,
      key: recordKeyOf({ tenantid: tenantId, subject: event.subject }),
      value: JSON.stringify(event),
      headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    }
  }
}
