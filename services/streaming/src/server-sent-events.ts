import type { ServerResponse } from 'node:http'
import { Problem } from '@ott/http/problem'
import { readChannels, channels } from './channels.ts'
import type { OnDemand } from './on-demand.ts'
import type { Listener, SocketHub } from './socket-hub.ts'

export interface ServerSentEventsOptions {
  readonly hub: SocketHub
  readonly everyEvent: OnDemand
  /** How often a comment keeps the connection from looking dead. */
  readonly heartbeatMs: number
  readonly connectionsMax: number
}

export interface ServerSentEvents {
  /** Answers with the tenant's events until the client goes. Throws a Problem before anything is sent. */
  open(response: ServerResponse, tenantId: string, askedChannels: string | undefined): Promise<void>
  stop(): void
}

const channelOf = new Map(Object.entries(channels).map(([name, topic]) => [topic, name]))

/** `GET /v1/stream/sse`: what `WS /v1/stream` shows, as server-sent events (WHATWG HTML §9.2), named after their channel. */
export function createServerSentEvents({ hub, everyEvent, heartbeatMs, connectionsMax }: ServerSentEventsOptions): ServerSentEvents {
  const responses = new Set<ServerResponse>()
  const heartbeat = setInterval(() => {
    for (const response of responses) response.write(': still here\n\n')
  }, heartbeatMs)
  return {
    async open(response, tenantId, askedChannels) {
      const wanted = readChannels(askedChannels)
      if (responses.size >= connectionsMax) throw new Problem(503, 'unavailable', 'too many connections', { retryAfterSeconds: 5 })
      const release = wanted.everyEvent ? await everyEvent.acquire() : () => undefined
      const listener: Listener = {
        tenantId,
        topics: wanted.topics,
        bufferedBytes: () => response.writableLength,
        take: (passing) => void response.write(`event: ${channelOf.get(passing.topic) ?? 'message'}\ndata: ${passing.text()}\n\n`),
        dropSlow: () => response.destroy(),
      }
      response.once('close', () => {
        hub.remove(listener)
        responses.delete(response)
        release()
      })
      // Gone while the topics were being joined: its close was before anybody listened.
      if (response.destroyed) return release()
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' })
      response.write(': connected\n\n')
      responses.add(response)
      hub.add(listener)
    },
    stop() {
      clearInterval(heartbeat)
      for (const response of responses) response.end()
    },
  }
}
