import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Exchange } from './exchange.ts'
import type { RankedPath } from './match-route.ts'
import type { Served } from './plugins/prometheus.ts'

/** Counts an exchange when its answer has ended, or its socket has closed. Sizes are what its connection carried meanwhile. */
export function countWhenServed(exchange: Exchange, { route, service }: RankedPath, to: ServerResponse | Socket, count: (served: Served) => void): void {
  const { socket } = exchange.request
  // Of a request's own head nothing is left to be seen: it has been read by now.
  const [readBefore, writtenBefore] = [socket.bytesRead, socket.bytesWritten]
  to.once('close', () => {
    const { startedAtMs, askedAtMs, answeredAtMs, ended } = exchange
    const endedAtMs = performance.now()
    count({
      service: service.name,
      route: route.name,
      // A caller who left before there was an answer: nginx, and so Kong, calls that 499.
      status: ended?.status ?? 499,
      source: ended?.source ?? 'exit',
      requestMs: endedAtMs - startedAtMs,
      ownMs: (askedAtMs ?? endedAtMs) - startedAtMs,
      upstreamMs: askedAtMs !== undefined && answeredAtMs !== undefined ? answeredAtMs - askedAtMs : undefined,
      bytesIn: Math.max(0, socket.bytesRead - readBefore),
      bytesOut: Math.max(0, socket.bytesWritten - writtenBefore),
    })
  })
}
