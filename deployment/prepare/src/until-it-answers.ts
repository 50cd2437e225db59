import { setTimeout } from 'node:timers/promises'
import { TransientError } from '@ott/pipeline/errors'

const pauseMs = 500

/**
 * Repeats work that its peer can't do yet, until the deadline; any other failure comes out at once.
 * @param deadlineMs on the clock of `performance.now()`
 * @throws {Error} a sentence that names the peer and the last reason, when it took too long
 */
export async function untilItAnswers<T>(peer: string, deadlineMs: number, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof TransientError)) throw error
      if (performance.now() + pauseMs > deadlineMs) throw new Error(`${peer} did not answer in time (${error.message})`, { cause: error })
      await setTimeout(pauseMs)
    }
  }
}
