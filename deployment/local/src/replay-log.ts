import type { Connector } from '@ott/connectors/connector'
import { recordKeyOf } from '@ott/contracts/define-event'
import type { Bus } from '@ott/pipeline/bus'
import { TransientError } from '@ott/pipeline/errors'
import type { OutboundRecord } from '@ott/pipeline/record'
import { setTimeout as delay } from 'node:timers/promises'

export interface ReplayCounts {
  /** Entries of the log. */
  readonly entries: number
  readonly published: number
  readonly skipped: ReadonlyMap<string, number>
}

const perRequest = 500

/**
 * Publishes a log's events to a topic, in order, and counts what was no event.
 * @param ratePerSecond undefined: as fast as the broker takes them
 */
export async function replayLog(options: {
  connector: Connector
  source: AsyncIterable<Uint8Array | string>
  bus: Pick<Bus, 'publish'>
  topic: string
  tenantId: string
  ratePerSecond: number | undefined
  onProgress: (counts: ReplayCounts) => void
}): Promise<ReplayCounts> {
  const { connector, source, bus, topic, tenantId, ratePerSecond, onProgress } = options
  const skipped = new Map<string, number>()
  let entries = 0
  let published = 0
  let part: OutboundRecord[] = []
  const startedAtMs = performance.now()
  const partSize = ratePerSecond === undefined ? perRequest : Math.max(1, Math.min(perRequest, Math.round(ratePerSecond / 10)))

  const flush = async () => {
    if (part.length === 0) return
    await publishPatiently(bus, part)
    published += part.length
    part = []
    onProgress({ entries, published, skipped })
    if (ratePerSecond !== undefined) await delay(Math.max(0, startedAtMs + (published / ratePerSecond) * 1_000 - performance.now()))
  }

  for await (const { reading } of connector.readings(source)) {
    entries++
    if (reading.kind === 'skipped') {
      skipped.set(reading.reason, (skipped.get(reading.reason) ?? 0) + 1)
      continue
    }
    const { subject } = reading.event
    part.push({
      topic,
      key: recordKeyOf({ tenantid: tenantId, subject: typeof subject === 'string' ? subject : '' }),
      value: JSON.stringify(reading.event),
      headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    })
    if (part.length >= partSize) await flush()
  }
  await flush()
  return { entries, published, skipped }
}

/** A broker that is away for a moment doesn't end a replay; a repeated record is a duplicate for the platform. */
async function publishPatiently(bus: Pick<Bus, 'publish'>, records: readonly OutboundRecord[]): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await bus.publish(records)
    } catch (error) {
      if (!(error instanceof TransientError) || attempt >= 30) throw error
      await delay(1_000)
    }
  }
}
