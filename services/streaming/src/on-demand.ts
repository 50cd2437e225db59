/** Something that runs while anybody uses it. */
export interface OnDemand {
  /** Resolves when it runs, with what to call when it is no longer used. */
  acquire(): Promise<() => void>
  stop(): Promise<void>
}

/** Starts with the first user and stops `lingerMs` after the last one has gone, so that one who comes back finds it running. */
export function createOnDemand(start: () => Promise<{ stop(): Promise<void> }>, lingerMs: number): OnDemand {
  let users = 0
  let running: Promise<{ stop(): Promise<void> }> | undefined
  let timer: NodeJS.Timeout | undefined

  const end = async (): Promise<void> => {
    clearTimeout(timer)
    const ending = running
    running = undefined
    await (await ending?.catch(() => undefined))?.stop()
  }

  return {
    async acquire() {
      users++
      clearTimeout(timer)
      let released = false
      const release = () => {
        if (released) return
        released = true
        if (--users === 0) timer = setTimeout(() => void end().catch(() => undefined), lingerMs).unref()
      }
      running ??= start()
      const mine = running
      try {
        await mine
        return release
      } catch (error) {
        if (running === mine) running = undefined
        release()
        throw error
      }
    },
    stop: end,
  }
}
