import { createServer } from 'node:http'
import { createRegistry, type Registry } from '@ott/telemetry/metrics'
import type { TargetState } from './health-checks.ts'
import { listen } from './listen.ts'
import { countServed, type Served } from './plugins/prometheus.ts'

/** Figures on a port of their own, as Kong's status listener has them: no public route leads there. */
export interface EdgeMetrics {
  readonly url: string
  count(served: Served): void
  stop(): void
}

/** Answers `GET /metrics`, and nothing else. Rejects with Node's error when it can't listen. */
export async function startMetrics(at: { host: string; port: number }, targets: () => readonly TargetState[]): Promise<EdgeMetrics> {
  const registry = createRegistry('edge')
  const server = createServer((request, response) => {
    request.resume()
    if (request.method !== 'GET' || request.url !== '/metrics') return void response.writeHead(404).end()
    void write(registry).then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    )
  })
  const url = await listen(server, at)
  return {
    url,
    count: countServed(registry, targets),
    stop() {
      registry.clear()
      server.close()
      server.closeAllConnections()
    },
  }
}

async function write(registry: Registry): Promise<string> {
  return registry.metrics()
}
