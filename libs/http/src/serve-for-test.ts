import { createRegistry, type Registry } from '@ott/telemetry/metrics'
import type { Logger } from '@ott/telemetry/logger'
import { createHttpApp, type HttpAppOptions } from './http-app.ts'
import { listen } from './listen.ts'

/** An app on a port of its own, with everything it logged. For tests. */
export interface ServedApp extends AsyncDisposable {
  readonly url: string
  readonly registry: Registry
  /** One JSON text a line. */
  readonly logged: string[]
}

/** Serves routes as a service would. */
export async function serveForTest(options: Partial<HttpAppOptions>): Promise<ServedApp> {
  const logged: string[] = []
  const write = (fields: object, message: string): void => void logged.push(JSON.stringify({ ...fields, message }))
  const log = { debug: write, info: write, warn: write, error: write, fatal: write } as unknown as Logger
  const registry = createRegistry('test')
  const app = createHttpApp({ log, registry, readiness: {}, isHealthy: () => true, routes: () => undefined, ...options })
  const { port, stop } = await listen(app, { host: '127.0.0.1', port: 0 })
  return { url: `http://127.0.0.1:${port}`, registry, logged, [Symbol.asyncDispose]: stop }
}
