import { sleep } from '@ott/pipeline/back-off'

/** Repeats what fails, each second, until it is done or nobody wants it any more. */
export async function repeatUntilDone(work: () => Promise<void>, signal: AbortSignal, onFault: (error: unknown) => void): Promise<void> {
  while (!signal.aborted) {
    try {
      return await work()
    } catch (error) {
      onFault(error)
      await sleep(1_000, signal)
    }
  }
}
