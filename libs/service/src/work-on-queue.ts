import { setTimeout as pause } from 'node:timers/promises'

export interface WorkOnQueueOptions<Job> {
  /** Takes the next job, so that nobody else does; undefined when none waits. */
  claim(): Promise<Job | undefined>
  /** Works on it, and gives it back or ends it; what it throws is a fault. */
  work(job: Job, signal: AbortSignal): Promise<void>
  /** At once in this process. */
  readonly atOnce: number
  /** How often it is looked for jobs that others queued. */
  readonly intervalMs: number
  onFault(error: unknown): void
}

export interface QueueWorker {
  /** Looks for work now rather than at the next turn. */
  look(): void
  /** Takes no more, tells the work in hand to stop, and waits for it. */
  stop(): Promise<void>
}

/** Works on a queue that lies in the database, beside whatever else the process does. */
export function workOnQueue<Job>({ claim, work, atOnce, intervalMs, onFault }: WorkOnQueueOptions<Job>): QueueWorker {
  const stopping = new AbortController()
  const working = new Set<Promise<void>>()
  let waking = new AbortController()

  const turn = async () => {
    while (!stopping.signal.aborted && working.size < atOnce) {
      const job = await claim()
      if (job === undefined) return
      const worked = work(job, stopping.signal).catch(onFault)
      working.add(worked)
      void worked.finally(() => {
        working.delete(worked)
        waking.abort()
      })
    }
  }
  const loop = async () => {
    while (!stopping.signal.aborted) {
      waking = new AbortController()
      await turn().catch(onFault)
      const signal = AbortSignal.any([waking.signal, stopping.signal])
      await pause(intervalMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }
  const looping = loop()
  return {
    look: () => waking.abort(),
    async stop() {
      stopping.abort()
      await looping
      await Promise.all(working)
    },
  }
}
