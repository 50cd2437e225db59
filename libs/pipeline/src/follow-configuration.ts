import type { EventContract } from '@ott/contracts/define-event'
import { sleep } from './back-off.ts'
import type { Bus } from './bus.ts'

export interface FollowConfigurationOptions<Data> {
  readonly bus: Bus
  /** Of a compacted topic: the last record of a key is what holds. */
  readonly contract: EventContract<Data>
  /** Unique to this process: every process reads the whole topic. */
  readonly group: string
  onRecord(data: Data): void
  /** A record that breaks its contract and is left out. The detail names fields and quotes no values. */
  onInvalid(detail: string): void
  onFatal(error: Error): void
}

export interface FollowedConfiguration {
  /** True once everything that was in the topic at the start has been read. */
  isCaughtUp(): boolean
  stop(): Promise<void>
}

const catchUpMsMax = 60_000

/** Waits until what was told before is read: what is decided without it stays decided. Throws after a minute. */
export async function untilCaughtUp({ isCaughtUp }: Pick<FollowedConfiguration, 'isCaughtUp'>, what: string): Promise<void> {
  for (let waitedMs = 0; !isCaughtUp(); waitedMs += 20) {
    if (waitedMs > catchUpMsMax) throw new Error(`${what} could not be read`)
    await sleep(20)
  }
}

/** Follows a configuration topic from its beginning. Never commits: the topic itself is the memory. */
export async function followConfiguration<Data>(options: FollowConfigurationOptions<Data>): Promise<FollowedConfiguration> {
  const { bus, contract, group, onRecord, onInvalid, onFatal } = options
  const [end = 0n] = await bus.endOffsets(contract.topic)
  let caughtUp = end === 0n
  const subscription = await bus.subscribe({
    group,
    topics: [contract.topic],
    concurrency: 1,
    pace: 'follow',
    from: 'earliest',
    onFatal,
    async onBatch({ records }, control) {
      for (const { value } of records) {
        if (value === null) continue
        const checked = parse(contract, value)
        if (checked.ok) onRecord(checked.value.data)
        else onInvalid(checked.problems.map(({ field, problem }) => `${field}: ${problem}`).join('; '))
      }
      const last = records.at(-1)
      if (last === undefined) return
      control.advance(last.offset + 1n)
      if (last.offset + 1n >= end) caughtUp = true
    },
  })
  return { isCaughtUp: () => caughtUp, stop: () => subscription.stop() }
}

function parse<Data>(contract: EventContract<Data>, value: Buffer): ReturnType<EventContract<Data>['check']> {
  try {
    return contract.check(JSON.parse(value.toString()))
  } catch {
    return { ok: false, problems: [{ field: '(body)', problem: 'is not JSON' }] }
  }
}
