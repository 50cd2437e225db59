import { sleep } from '@ott/pipeline/back-off'
import type { Database } from '@ott/postgres/database'
import type { DueDelivery } from './due-delivery.ts'
import { judgeAttempt, recordAttempt, recordSkipped, type DeliveryHooks, type DeliveryStatus } from './record-attempt.ts'
import type { SendDelivery, SendResult } from './send-result.ts'
import { takeDueDeliveries, type DeliveryLimits } from './take-due-deliveries.ts'

export interface DeliveriesOptions {
  readonly database: Database
  /** Whose deliveries are sent. */
  tenants(): readonly string[]
  readonly send: SendDelivery
  /** Waits between tries, ms: {@link parseRetrySchedule}. */
  readonly waitsMs: readonly number[]
  readonly hooks: DeliveryHooks
  nowMs(): number
  /** From 0 to 1. */
  random(): number
  /** Told after each try, once it is kept: for metrics and logs. */
  onTried(delivery: DueDelivery, result: SendResult, status: DeliveryStatus, durationMs: number): void
  /** Something of the platform's own failed, such as the database; what it was about is tried again when its lease ends. */
  onFault(error: unknown): void
  readonly limits?: DeliveryLimits
  readonly pollMs?: number
}

export const deliveryLimits: DeliveryLimits = { total: 64, ofTenant: 32, ofDestination: 4 }
const leaseMs = 30_000
/** How long those in hand may go on when the process is to stop: longer than a receiver may take to answer. */
const stopMsMax = 12_000

/** Sends deliveries; several processes may. */
export interface Deliverer {
  /** Takes what is due and there is room for, and begins to send it. Answers how many. */
  take(): Promise<number>
  /** Resolves when more than so many have ended: one that ended while others were taken has made room. At once when none is in hand. */
  oneEnded(since: number): Promise<void>
  /** Breaks off what is in hand: it isn't recorded, and is sent again after its lease. */
  abort(): void
  inHand(): number
  /** How many have ended so far. */
  ended(): number
}

/** At least once: a delivery is sent, then recorded. A process that dies in between leaves it to be sent again, with the same message id. */
export function createDeliverer(options: DeliveriesOptions): Deliverer {
  const inHand = new Map<DueDelivery, Promise<void>>()
  const aborting = new AbortController()
  let ended = 0
  return {
    async take() {
      const taken = await takeDueDeliveries(options.database, { tenants: options.tenants(), inHand: [...inHand.keys()], limits: options.limits ?? deliveryLimits, nowMs: options.nowMs(), leaseMs })
      for (const delivery of taken) {
        const work = deliver(delivery, options, aborting.signal)
          .catch((error: unknown) => options.onFault(error))
          .finally(() => {
            inHand.delete(delivery)
            ended++
          })
        inHand.set(delivery, work)
      }
      return taken.length
    },
    async oneEnded(since) {
      if (ended <= since && inHand.size > 0) await Promise.race(inHand.values())
    },
    abort: () => aborting.abort(),
    inHand: () => inHand.size,
    ended: () => ended,
  }
}

/** Sends and takes until nothing is due at this moment. */
export async function deliverDue(deliverer: Deliverer): Promise<void> {
  for (;;) {
    const before = deliverer.ended()
    if ((await deliverer.take()) === 0 && deliverer.inHand() === 0 && deliverer.ended() === before) return
    await deliverer.oneEnded(before)
  }
}

/** Delivers until stopped: as one ends the next is taken, so that a slow receiver holds up nobody. */
export function startDeliveries(options: DeliveriesOptions): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const deliverer = createDeliverer(options)
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      try {
        const before = deliverer.ended()
        if ((await deliverer.take()) === 0) await waitForWork(deliverer, before, options.pollMs ?? 250, stopping.signal)
      } catch (error) {
        options.onFault(error)
        await sleep(1_000, stopping.signal)
      }
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await loop
      const cutting = setTimeout(() => deliverer.abort(), stopMsMax)
      while (deliverer.inHand() > 0) await deliverer.oneEnded(deliverer.ended())
      clearTimeout(cutting)
    },
  }
}

/** Until one of those in hand has ended, or a while has passed, or the loop is to stop. */
async function waitForWork(deliverer: Deliverer, since: number, ms: number, signal: AbortSignal): Promise<void> {
  const ended = new AbortController()
  const slept = sleep(ms, AbortSignal.any([signal, ended.signal]))
  await (deliverer.inHand() > 0 || deliverer.ended() > since ? Promise.race([slept, deliverer.oneEnded(since)]) : slept)
  ended.abort()
  await slept
}

async function deliver(delivery: DueDelivery, options: DeliveriesOptions, signal: AbortSignal): Promise<void> {
  const { database, hooks, waitsMs, nowMs, random } = options
  if (delivery.isDestinationDisabled) return recordSkipped(database, delivery, hooks, nowMs())
  const startedAtMs = nowMs()
  const began = performance.now()
  const result = await options.send(delivery, { atMs: startedAtMs, signal }).catch((error: unknown): SendResult => {
    options.onFault(error)
    return { outcome: 'unreachable', error: 'it could not be sent' }
  })
  if (signal.aborted && result.outcome !== 'accepted') return
  const durationMs = performance.now() - began
  const verdict = judgeAttempt(delivery, result, { waitsMs, chance: random(), nowMs: nowMs() })
  await recordAttempt(database, { delivery, result, startedAtMs, durationMs, verdict }, hooks, nowMs())
  options.onTried(delivery, result, verdict.status, durationMs)
}
