import type { Database } from '@ott/postgres/database'
import type { DueDelivery } from '../src/deliveries/due-delivery.ts'
import type { NewDelivery } from '../src/deliveries/new-delivery.ts'
import { queueDeliveries } from '../src/deliveries/queue-deliveries.ts'
import type { DeliveryStatus, DisabledDestination } from '../src/deliveries/record-attempt.ts'
import { defaultRetrySchedule, parseRetrySchedule } from '../src/deliveries/retry-schedule.ts'
import type { SendDelivery, SendResult } from '../src/deliveries/send-result.ts'
import { createDeliverer, deliverDue, type DeliveriesOptions, type Deliverer } from '../src/deliveries/start-deliveries.ts'

export const startMs = Date.parse('2026-03-01T12:00:00Z')
const tenants = ['acme', 'globex']

/** A deliverer whose clock the test moves, and what it told. Waits are exactly the schedule's: chance is in the middle. */
export interface DrivenDeliverer {
  readonly deliverer: Deliverer
  readonly options: DeliveriesOptions
  readonly tried: { readonly messageId: string; readonly atMs: number; readonly status: DeliveryStatus; readonly result: SendResult }[]
  readonly disabled: DisabledDestination[]
  readonly finished: { readonly messageId: string; readonly status: DeliveryStatus }[]
  readonly faults: unknown[]
  /** Moves the clock to so many ms after the start and delivers what is due then. */
  at(ms: number): Promise<void>
  setClock(ms: number): void
}

export function aDrivenDeliverer(database: Database, send: SendDelivery, parts: Partial<DeliveriesOptions> = {}): DrivenDeliverer {
  let nowMs = startMs
  const told = { tried: [] as DrivenDeliverer['tried'], disabled: [] as DisabledDestination[], finished: [] as DrivenDeliverer['finished'], faults: [] as unknown[] }
  const options: DeliveriesOptions = {
    database,
    tenants: () => tenants,
    send,
    waitsMs: parseRetrySchedule(defaultRetrySchedule),
    hooks: {
      onFinished: async (_sql, { messageId }, status) => void told.finished.push({ messageId, status }),
      onDisabled: async (_sql, disabled) => void told.disabled.push(disabled),
    },
    nowMs: () => nowMs,
    random: () => 0.5,
    onTried: ({ messageId }: DueDelivery, result, status) => void told.tried.push({ messageId, atMs: nowMs - startMs, status, result }),
    onFault: (error) => void told.faults.push(error),
    ...parts,
  }
  const deliverer = createDeliverer(options)
  const setClock = (ms: number) => void (nowMs = startMs + ms)
  return {
    deliverer,
    options,
    ...told,
    setClock,
    async at(ms) {
      setClock(ms)
      await deliverDue(deliverer)
    },
  }
}

export function queue(database: Database, deliveries: readonly NewDelivery[], ms = 0): Promise<void> {
  return database.transaction(tenants, (sql) => queueDeliveries(sql, deliveries, startMs + ms))
}

/** Takes and sends as the running loop does, until a condition holds. */
export async function workUntil(deliverer: Deliverer, isDone: () => boolean): Promise<void> {
  while (!isDone()) {
    const before = deliverer.ended()
    await deliverer.take()
    await deliverer.oneEnded(before)
  }
}

/** Lets what is in hand end. */
export async function settle(deliverer: Deliverer): Promise<void> {
  while (deliverer.inHand() > 0) await deliverer.oneEnded(deliverer.ended())
}
