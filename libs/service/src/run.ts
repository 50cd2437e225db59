import { flushSpans } from '@ott/telemetry/tracing'
import { readSettings } from './settings.ts'
import { startService, type Service } from './define-service.ts'
import type { StandardSettings } from './settings.ts'

const stopMsMax = 9_500

/**
 * Runs one service as this process: SIGTERM, SIGINT or the loss of its launcher stop it in order, a second signal at
 * once, and a failure ends it with exit code 1 so that whoever supervises it starts it anew.
 */
export async function run<Settings extends StandardSettings>(service: Service<Settings>): Promise<void> {
  process.title = `ott-${service.name}`
  try {
    const running = await startService(service, readSettings(service.settings, process.env))
    let stopping = false
    const stop = (exitCode: number) => {
      if (stopping) process.exit(1)
      stopping = true
      setTimeout(() => process.exit(1), stopMsMax).unref()
      running.stop().finally(flushSpans).then(
        () => process.exit(exitCode),
        (error: unknown) => {
          process.stderr.write(`${service.name}: stopping failed: ${String(error)}\n`)
          process.exit(1)
        },
      )
    }
    process.on('SIGTERM', () => stop(0))
    process.on('SIGINT', () => stop(0))
    process.once('disconnect', () => stop(0))
    void running.failed.then(() => stop(1))
  } catch (error) {
    process.stderr.write(`${service.name}: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
}
