import { flushSpans } from '@ott/telemetry/tracing'

const stopMsMax = 9_500

/** What a process does until it is told to stop. */
export interface RunningProcess {
  /** Settles when it can't go on; one that never fails never settles. */
  readonly failed: Promise<unknown>
  stop(): Promise<void>
}

/**
 * Starts something and is this process from then on: SIGTERM, SIGINT or the loss of its launcher stop it in order, a
 * second signal at once, and a failure ends it with exit code 1 so that whoever supervises it starts it anew.
 */
export async function runProcess(name: string, start: () => Promise<RunningProcess>): Promise<void> {
  process.title = `ott-${name}`
  try {
    const running = await start()
    let stopping = false
    const stop = (exitCode: number) => {
      if (stopping) process.exit(1)
      stopping = true
      setTimeout(() => process.exit(1), stopMsMax).unref()
      running.stop().finally(flushSpans).then(
        () => process.exit(exitCode),
        (error: unknown) => {
          process.stderr.write(`${name}: stopping failed: ${String(error)}\n`)
          process.exit(1)
        },
      )
    }
    process.on('SIGTERM', () => stop(0))
    process.on('SIGINT', () => stop(0))
    process.once('disconnect', () => stop(0))
    void running.failed.then(() => stop(1))
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
}
