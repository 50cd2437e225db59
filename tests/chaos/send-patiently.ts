import { setTimeout as delay } from 'node:timers/promises'
import type { ViewerEvent } from '@ott/contracts/viewer-event'

const perPost = 100

/** Where events are posted, and as whom. */
interface Door {
  readonly url: string
  readonly apiKey: string
}

/** Posts events in order at a steady rate as a good producer does: what wasn't acknowledged is sent again until it is. */
export async function sendPatiently(options: {
  door: Door
  events: readonly ViewerEvent[]
  ratePerSecond: number
  onProgress: (acknowledged: number) => void
}): Promise<{ resent: number }> {
  const { door, events, ratePerSecond, onProgress } = options
  let resent = 0
  const startedAtMs = performance.now()
  for (let start = 0; start < events.length; start += perPost) {
    await delay(Math.max(0, startedAtMs + (start / ratePerSecond) * 1_000 - performance.now()))
    const body = JSON.stringify(events.slice(start, start + perPost))
    while (!(await isAcknowledged(door, body))) {
      resent++
      await delay(250)
    }
    onProgress(Math.min(events.length, start + perPost))
  }
  return { resent }
}

async function isAcknowledged({ url, apiKey }: Door, body: string): Promise<boolean> {
  try {
    const headers = { 'x-api-key': apiKey, 'content-type': 'application/cloudevents-batch+json' }
    const response = await fetch(`${url}/v1/events`, { method: 'POST', headers, body, signal: AbortSignal.timeout(15_000) })
    const text = await response.text()
    if (response.status === 400 || response.status === 207) throw new TypeError(`refused: ${text.slice(0, 300)}`)
    return response.status === 202
  } catch (error) {
    if (error instanceof TypeError && error.message.startsWith('refused')) throw error
    return false
  }
}
