import type { BatchControl, Bus } from '../bus.ts'
import type { CrashPoint } from '../stage-ports.ts'

/** Thrown where a process was killed, and by everything it tries afterwards. */
export class KilledError extends Error {
  override name = 'KilledError'
}

/** Throws when the process is dead. */
export type Guard = () => void

/** The effects of one process. Once it is killed it has none: nothing is published, written or committed any more. */
export interface KillableProcess {
  readonly guard: Guard
  /** The bus as this process sees it. */
  readonly bus: Bus
  readonly reached: (point: CrashPoint) => void
  /** Dies the n-th time it gets to this point from now on. */
  killAt(point: CrashPoint, times?: number): void
  kill(): void
  readonly killed: Promise<void>
}

/** What may go wrong on the bus, told by the test. */
export interface BusFaults {
  takeFault(point: 'publish' | 'heartbeat' | 'commit'): void
  heartbeats: number
  pauses: number
}

/** A process on this bus, alive until told otherwise. */
export function createKillableProcess(bus: Bus, faults: BusFaults): KillableProcess {
  let dead = false
  let target: { point: CrashPoint; times: number } | undefined
  const { promise: killed, resolve } = Promise.withResolvers<void>()
  const kill = () => {
    dead = true
    resolve()
  }
  const guard = () => {
    if (dead) throw new KilledError('the process was killed')
  }
  const controlOf = (control: BatchControl): BatchControl => ({
    async heartbeat() {
      guard()
      faults.heartbeats++
      faults.takeFault('heartbeat')
      await control.heartbeat()
    },
    isStale: () => control.isStale(),
    advance(nextOffset) {
      if (!dead) control.advance(nextOffset)
    },
    pause(ms) {
      faults.pauses++
      control.pause(ms)
    },
  })
  return {
    guard,
    kill,
    killed,
    reached(point) {
      guard()
      if (target?.point === point && --target.times === 0) kill()
      guard()
    },
    killAt(point, times = 1) {
      target = { point, times }
    },
    bus: {
      ...bus,
      async publish(records) {
        guard()
        faults.takeFault('publish')
        await bus.publish(records)
      },
      async subscribe(options) {
        const subscription = await bus.subscribe({ ...options, onBatch: (batch, control) => options.onBatch(batch, controlOf(control)) })
        return {
          ...subscription,
          async commit(topic, partition, nextOffset) {
            guard()
            faults.takeFault('commit')
            await subscription.commit(topic, partition, nextOffset)
          },
        }
      },
    },
  }
}
