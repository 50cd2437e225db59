/** What a partition's owner may commit once it gets round to it. */
export interface DueCommit {
  readonly topic: string
  readonly partition: number
  readonly nextOffset: bigint
  /** Called in place of committing when the partition has gone to another member meanwhile. */
  isVoid(): boolean
}

/**
 * Commits offsets behind the work, all partitions together and at most once per interval. Their effects are kept by then,
 * so a crash in between repeats what came since; in return no batch waits for a commit, which costs the broker as
 * much as publishing.
 */
export interface LateCommitter {
  /** Remembers how far a partition is done; only the last of each counts. */
  note(due: DueCommit): void
  /** Commits what is noted now. */
  flush(): Promise<void>
  stop(): Promise<void>
}

export function commitLater(options: {
  intervalMs: number
  commit(due: DueCommit): Promise<void>
  onFault(error: unknown): void
}): LateCommitter {
  const { intervalMs, commit, onFault } = options
  const noted = new Map<string, DueCommit>()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()

  const flush = (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    running = running.then(async () => {
      const due = [...noted.values()].filter((one) => !one.isVoid())
      noted.clear()
      const results = await Promise.allSettled(due.map(commit))
      const failed = results.find(({ status }) => status === 'rejected')
      if (failed?.status !== 'rejected') return
      // What has not been noted anew meanwhile is tried again at the next interval.
      for (const one of due) if (!noted.has(keyOf(one))) noted.set(keyOf(one), one)
      onFault(failed.reason)
      schedule()
    })
    return running
  }
  const schedule = () => {
    timer ??= setTimeout(() => void flush(), intervalMs)
  }

  return {
    note(due) {
      noted.set(keyOf(due), due)
      schedule()
    },
    flush,
    async stop() {
      await flush()
      clearTimeout(timer)
    },
  }
}

function keyOf({ topic, partition }: DueCommit): string {
  return `${topic}/${partition}`
}
