import { setTimeout as delay } from 'node:timers/promises'
import type { ViewerEvent } from '@ott/contracts/viewer-event'

const perPost = 100

/** Posts events in order at a steady rate as a good producer does: what wasn't acknowledged is sent again until it is. */
export async function sendPatiently(options: {
  url: string
  apiKey: string
  events: readonly ViewerEvent[]
  ratePerSecond: number
  onProgress: (acknowledged: number) => void
}): Promise<{ resent: number }> {
  const { url, apiKey, events, ratePerSecond, onProgress } = options
  let resent = 0
  const startedAtMs = performance.now()
  for (let start = 0; start < events.length; start += perPost) {
    await delay(Math.max(0, startedAtMs + (start / ratePerSecond) * 1_000 - performance.now()))
    const body = JSON.stringify(events.slice(start, start + perPost))
    while (!(await isAcknowledged(url, apiKey, body))) {
      resent++
      await delay(250)
    }
    onProgress(Math.min(events.length, start + perPost))
  }
  return { resent }
}

async function isAcknowledged(url: string, apiKey: string, body: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { 'x-api-key': apiKey, 'content-type': 'application/cloudevents-batch+json' },
      signal: AbortSignal.timeout(15_000),
      body,
    })
    const text = await response.text()
    if (response.status === 400 || response.status === 207) throw new TypeError(`refused: ${text.slice(0, 300)}`)
    return response.status === 202
  } catch (error) {
    if (error instanceof TypeError && error.message.startsWith('refused')) throw error
    return false
  }
}
