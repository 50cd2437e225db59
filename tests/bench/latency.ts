import { setTimeout as delay } from 'node:timers/promises'
import { decodeTimeline } from '@ott/pipeline/stage-timeline'
import { makeEvents } from '@ott/simulator/make-events'
import type pg from 'pg'

export interface Percentiles {
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

export interface LatencyReport {
  readonly eventsPerSecond: number
  readonly eventsPosted: number
  /** Those measured, the warm-up left out. */
  readonly events: number
  /** ms from the client's post to the row that says processed. */
  readonly endToEnd: Percentiles
  /** ms at each stage, waiting included. */
  readonly stages: Readonly<Record<string, Percentiles>>
}

export function percentiles(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

const eventsPerPost = 50
const warmUpSeconds = 15

/** Posts ordinary events at a steady rate and measures from the post to the row in processed_events. */
export async function measureLatency(options: {
  url: string
  apiKey: string
  client: pg.Client
  ratePerSecond: number
  seconds: number
  source: string
}): Promise<LatencyReport> {
  const { url, apiKey, client, ratePerSecond, seconds, source } = options
  const total = Math.round(ratePerSecond * (seconds + warmUpSeconds))
  const posts = preparePosts(total, source)
  const postedAtMs = new Map<string, number>()
  const startedAtMs = performance.now()
  const pending = new Set<Promise<void>>()
  for (const [index, { ids, body }] of posts.entries()) {
    const sent = index * eventsPerPost
    const dueMs = startedAtMs + (sent / ratePerSecond) * 1_000
    const waitMs = dueMs - performance.now()
    if (waitMs > 0) await delay(waitMs)
    // Counted from when the post was due: a client that falls behind must not hide the wait (coordinated omission).
    const dueAtMs = performance.timeOrigin + dueMs
    if (sent >= ratePerSecond * warmUpSeconds) for (const id of ids) postedAtMs.set(id, dueAtMs)
    const post = fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { 'x-api-key': apiKey, 'content-type': 'application/cloudevents-batch+json' },
      body,
    }).then(async (response) => {
      if (response.status !== 202) throw new Error(`post answered ${response.status}: ${await response.text()}`)
      await response.arrayBuffer()
      pending.delete(post)
    })
    pending.add(post)
  }
  await Promise.all(pending)
  const rows = await untilProcessed(client, source, total)
  const endToEnd: number[] = []
  const stages = new Map<string, number[]>()
  for (const { event_id, processed_at, timeline } of rows) {
    const posted = postedAtMs.get(event_id)
    if (posted === undefined) continue
    endToEnd.push(processed_at.getTime() - posted)
    for (const { stage, durationMs } of decodeTimeline(timeline)) {
      const times = stages.get(stage)
      if (times === undefined) stages.set(stage, [durationMs])
      else times.push(durationMs)
    }
  }
  return {
    eventsPerSecond: ratePerSecond,
    eventsPosted: total,
    events: endToEnd.length,
    endToEnd: percentiles(endToEnd),
    stages: Object.fromEntries([...stages].map(([stage, values]) => [stage, percentiles(values)])),
  }
}

/** Made before the clock starts: making events would take the processors from what is measured. */
function preparePosts(total: number, source: string): { ids: string[]; body: Buffer }[] {
  const events = [...makeEvents({ seed: 'latency', count: total, subjects: 5_000, startsAt: '2026-02-01T00:00:00Z', source })]
  return Array.from({ length: Math.ceil(total / eventsPerPost) }, (_, index) => {
    const batch = events.slice(index * eventsPerPost, (index + 1) * eventsPerPost)
    return { ids: batch.map(({ id }) => id), body: Buffer.from(JSON.stringify(batch)) }
  })
}

interface Row {
  event_id: string
  processed_at: Date
  timeline: string
}

async function untilProcessed(client: pg.Client, source: string, total: number): Promise<Row[]> {
  for (let tries = 0; tries < 120; tries++) {
    const { rows } = await client.query<Row>('select event_id, processed_at, timeline from violation.processed_events where source = $1', [source])
    if (rows.length >= total) return rows
    await delay(500)
  }
  throw new Error('the posted events were not all processed within a minute')
}
