import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { decodeTimeline } from '@ott/pipeline/stage-timeline'
import pg from 'pg'
import { eventsPerPost, openDoor, preparePosts } from './posts.ts'

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

const warmUpSeconds = 30

export interface LatencyOptions {
  readonly url: string
  readonly apiKey: string
  readonly databaseUrl: string
  readonly ratePerSecond: number
  readonly seconds: number
  readonly source: string
}

/**
 * {@link measureLatency} in a process of its own: the pauses in which this one collects what earlier measurements left
 * would count as the pipeline's delay.
 */
export async function measureLatencyApart(options: LatencyOptions): Promise<LatencyReport> {
  const child = fork(new URL('./latency-process.ts', import.meta.url), {
    execArgv: ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'],
  })
  const failed = once(child, 'exit').then(() => Promise.reject(new Error('the process that measures latency ended early')))
  child.send(options)
  const [report] = (await Promise.race([once(child, 'message'), failed])) as [LatencyReport]
  return report
}

/** Posts ordinary events at a steady rate and measures from the post to the row in processed_events. */
export async function measureLatency(options: LatencyOptions): Promise<LatencyReport> {
  const { url, apiKey, databaseUrl, ratePerSecond, seconds, source } = options
  const door = openDoor(url, apiKey)
  const total = Math.round(ratePerSecond * (seconds + warmUpSeconds))
  const posts = preparePosts('latency', '2026-03-01', total, source)
  const postedAtMs = new Map<string, number>()
  globalThis.gc?.()
  const startedAtMs = performance.now()
  const pending = new Set<Promise<void>>()
  for (const [index, post] of posts.entries()) {
    const sent = index * eventsPerPost
    const dueMs = startedAtMs + (sent / ratePerSecond) * 1_000
    const waitMs = dueMs - performance.now()
    if (waitMs > 0) await delay(waitMs)
    // Counted from when the post was due: a client that falls behind must not hide the wait (coordinated omission).
    const dueAtMs = performance.timeOrigin + dueMs
    if (sent >= ratePerSecond * warmUpSeconds) for (const id of post.ids) postedAtMs.set(id, dueAtMs)
    const sending = door.send(post).then(() => void pending.delete(sending))
    pending.add(sending)
  }
  await Promise.all(pending)
  door.close()
  const rows = await untilProcessed(databaseUrl, source, total)
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

interface Row {
  event_id: string
  processed_at: Date
  timeline: string
}

async function untilProcessed(databaseUrl: string, source: string, total: number): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    for (let tries = 0; tries < 120; tries++) {
      const { rows } = await client.query<Row>('select event_id, processed_at, timeline from violation.processed_events where source = $1', [source])
      if (rows.length >= total) return rows
      await delay(500)
    }
  } finally {
    await client.end()
  }
  throw new Error('the posted events were not all processed within a minute')
}
