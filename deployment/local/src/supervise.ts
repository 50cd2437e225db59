import { setTimeout as sleep } from 'node:timers/promises'
import { StartError } from '@ott/dev-env/start-error'
import type { Run } from '@ott/dev-env/started-process'
import { waitUntil } from '@ott/dev-env/wait-until'

const crashesBeforeReadyMax = 5

export interface BackOff {
  readonly delayMsMin: number
  readonly delayMsMax: number
  /** A run that lasted this long had not failed to start: the next pause is short again. */
  readonly stableAfterMs: number
}

export const defaultBackOff: BackOff = { delayMsMin: 250, delayMsMax: 5_000, stableAfterMs: 30_000 }

export interface SuperviseOptions {
  readonly name: string
  /** Starts one run. A rejection counts as a crash; the signal calls it off. */
  readonly start: (signal: AbortSignal) => Promise<Run>
  /** A run that has been started already. */
  readonly first?: Run
  /** Asked while it runs; without it, running is being ready. */
  readonly isReady?: () => Promise<boolean>
  readonly readyTimeoutMs?: number
  /** The end of what it printed, for the sentence that says why it never became ready. */
  readonly tail?: () => string
  /** Told when it died and is to be started again. */
  readonly log?: (line: string) => void
  readonly backOff?: BackOff
}

/** One process that is kept running until it is stopped. */
export interface Supervised {
  readonly name: string
  /** Resolves when it was ready for the first time; rejects with a StartError when it crashed five times before that, or time is up. */
  readonly ready: Promise<void>
  /** Undefined between two runs, and for what runs elsewhere. */
  pid(): number | undefined
  /** How often it was started so far. */
  starts(): number
  /** Kills the present run, as a crash would. It is started again. */
  kill9(): Promise<void>
  /** Ends it for good. */
  stop(): Promise<void>
}

/** The pause before the next start after this many crashes in a row: it doubles up to the maximum. */
export function backOffMs(crashes: number, { delayMsMin, delayMsMax }: BackOff = defaultBackOff): number {
  return Math.min(delayMsMax, delayMsMin * 2 ** Math.max(0, crashes - 1))
}

/** Starts something and starts it again, after a growing pause, whenever it ends unasked. */
export function supervise(options: SuperviseOptions): Supervised {
  const { name, log = () => {}, backOff = defaultBackOff, readyTimeoutMs = 120_000, tail = () => '' } = options
  const stopping = new AbortController()
  const gaveUp = new AbortController()
  let run: Run | undefined
  let everReady = false
  let starts = 0

  async function keepRunning(): Promise<void> {
    let crashes = 0
    let first = options.first
    while (!stopping.signal.aborted) {
      const startedAtMs = performance.now()
      let reason = ''
      try {
        run = first ?? (await options.start(stopping.signal))
        first = undefined
        starts += 1
        if (stopping.signal.aborted) await run.stop()
        await run.exited
      } catch (error) {
        reason = error instanceof Error ? `: ${error.message}` : ''
      }
      run = undefined
      if (stopping.signal.aborted) return
      crashes = performance.now() - startedAtMs >= backOff.stableAfterMs ? 1 : crashes + 1
      if (!everReady && crashes >= crashesBeforeReadyMax) {
        return gaveUp.abort(new StartError(sentence(`${name} ended ${crashes} times without ever being ready${reason}`, tail())))
      }
      const delayMs = backOffMs(crashes, backOff)
      log(`${name} ended unasked${reason}; it is started again in ${delayMs} ms`)
      await sleep(delayMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  const running = keepRunning()
  const isReady = async (): Promise<boolean> => run !== undefined && (options.isReady === undefined || (await options.isReady()))
  const ready = waitUntil({
    ready: isReady,
    timeoutMs: readyTimeoutMs,
    onTimeout: () => sentence(`${name} was not ready within ${readyTimeoutMs / 1_000} s`, tail()),
    signal: AbortSignal.any([gaveUp.signal, stopping.signal]),
  }).then(() => void (everReady = true))
  // Whoever doesn't wait for it isn't to be ended by it.
  ready.catch(() => {})

  return {
    name,
    ready,
    pid: () => run?.pid,
    starts: () => starts,
    async kill9() {
      if (run === undefined) throw new Error(`${name} isn't running at this moment`)
      await run.kill9()
    },
    async stop() {
      stopping.abort(new StartError(`${name} is being stopped`))
      await run?.stop()
      await running
    },
  }
}

function sentence(what: string, tail: string): string {
  return tail === '' ? what : `${what}; the end of its log:\n${tail}`
}
