import { fileURLToPath } from 'node:url'
import { createHttpApp } from '@ott/http/http-app'
import { listen } from '@ott/http/listen'
import type { RunningProcess } from '@ott/service/run-process'
import { createLogger } from '@ott/telemetry/logger'
import { createRegistry } from '@ott/telemetry/metrics'
import type { z } from 'zod'
import { readBuiltPage } from './built-page.ts'
import { servePage } from './serve-page.ts'
import type { dashboardSettings } from './settings.ts'

const builtInto = fileURLToPath(new URL('../dist', import.meta.url))

/** Serves the page, with health and metrics like every service. Throws when the page hasn't been built. */
export async function startDashboard(settings: z.infer<typeof dashboardSettings>): Promise<RunningProcess & { readonly port: number }> {
  const log = createLogger({ service: 'dashboard', level: settings.LOG_LEVEL })
  const registry = createRegistry('dashboard')
  const page = await readBuiltPage(builtInto)
  const app = createHttpApp({ log, registry, isHealthy: () => true, readiness: {}, routes: (express) => servePage(express, page) })
  const listening = await listen(app, { host: settings.HOST, port: settings.PORT })
  log.info({ port: listening.port, files: page.files.size }, 'listening')
  return { port: listening.port, failed: new Promise(() => {}), stop: () => listening.stop() }
}
