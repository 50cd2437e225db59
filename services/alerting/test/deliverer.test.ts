import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { destinationKey } from '../src/deliveries/destination-key.ts'
import { enableDestination } from '../src/deliveries/destination-health.ts'
import type { SendResult } from '../src/deliveries/send-result.ts'
import { deliverDue } from '../src/deliveries/start-deliveries.ts'
import { openAlertingDatabase, type AlertingDatabase } from './alerting-database.ts'
import { aDelivery } from './delivery-fixture.ts'
import { aDrivenDeliverer, queue, settle, workUntil } from './driven-deliverer.ts'

let opened: AlertingDatabase
beforeAll(async () => void (opened = await openAlertingDatabase()))
afterAll(() => opened?.close())
beforeEach(() => opened.admin.query('truncate alerting.deliveries, alerting.destinations, alerting.delivery_attempts'))

const minute = 60_000
const hour = 60 * minute
const accepted: SendResult = { outcome: 'accepted', status: 204 }
const refused: SendResult = { outcome: 'refused', status: 500, error: 'the receiver answered 500' }
const hook = (webhookId: string) => ({ kind: 'webhook', webhookId }) as const
const rows = () => opened.admin.query<{ message_id: string; status: string; attempts: number; last_error: string | null }>('select * from alerting.deliveries order by sequence')
const statuses = async () => (await rows()).map(({ status }) => status)

describe('a delivery', () => {
  test('is sent once when it is accepted, and its end is told', async () => {
    await queue(opened.database, [aDelivery()])
    const driven = aDrivenDeliverer(opened.database, async () => accepted)
    await driven.at(0)
    await driven.at(100 * hour)
    expect(driven.tried.map(({ status }) => status)).toEqual(['delivered'])
    expect(driven.finished).toEqual([{ messageId: 'message-1', status: 'delivered' }])
    expect(await rows()).toEqual([expect.objectContaining({ status: 'delivered', attempts: 1, last_error: null })])
  })

  test('that is refused is tried again when the schedule says, ten times, and then has failed', async () => {
    await queue(opened.database, [aDelivery()])
    const driven = aDrivenDeliverer(opened.database, async () => refused)
    let dueMs = 0
    for (const waitMs of [0, ...driven.options.waitsMs]) {
      dueMs += waitMs
      await driven.at(dueMs - 1)
      await driven.at(dueMs)
    }
    await driven.at(dueMs + 1_000 * hour)
    const minutes = [0, 5 / 60, 5, 30, 120, 300, 600, 840, 1_200, 1_440]
    const times = minutes.map((_, place) => minutes.slice(0, place + 1).reduce((sum, wait) => sum + wait * minute, 0))
    expect(driven.tried.map(({ atMs }) => atMs)).toEqual(times)
    expect(driven.finished).toEqual([{ messageId: 'message-1', status: 'failed' }])
    expect(await rows()).toEqual([expect.objectContaining({ status: 'failed', attempts: 10, last_error: 'the receiver answered 500' })])
  })

  test('waits as long as Retry-After asks, and not for a status that does not mean it', async () => {
    const asking: SendResult = { outcome: 'refused', status: 429, retryAfter: '600', error: 'busy' }
    await queue(opened.database, [aDelivery({ destination: hook('a') }), aDelivery({ destination: hook('b') })])
    const driven = aDrivenDeliverer(opened.database, async ({ destination }) => (destination.kind === 'webhook' && destination.webhookId === 'a' ? asking : { ...asking, status: 500 }))
    await driven.at(0)
    await driven.at(5_000)
    expect(driven.tried.map(({ result }) => result.status)).toEqual([expect.any(Number), expect.any(Number), 500])
    await driven.at(600_000 - 1)
    const before = driven.tried.length
    await driven.at(600_000)
    expect(driven.tried.slice(before).map(({ result }) => result.status)).toEqual([429])
  })

  test('whose process dies between sending and recording is sent again after its lease, with the same id', async () => {
    await queue(opened.database, [aDelivery()])
    const sent: string[] = []
    const stuck = aDrivenDeliverer(opened.database, ({ messageId }) => (sent.push(messageId), new Promise(() => undefined)))
    await stuck.deliverer.take()
    const next = aDrivenDeliverer(opened.database, async ({ messageId }) => (sent.push(messageId), accepted))
    await next.at(29_999)
    expect(sent).toEqual(['message-1'])
    await next.at(30_000)
    expect(sent).toEqual(['message-1', 'message-1'])
    expect(await statuses()).toEqual(['delivered'])
  })

  test('that could not be recorded is a fault, and is sent again after its lease', async () => {
    await queue(opened.database, [aDelivery()])
    let away = true
    const hooks = { onFinished: async () => { if (away) throw new Error('away') }, onDisabled: async () => undefined }
    const driven = aDrivenDeliverer(opened.database, async () => accepted, { hooks })
    await driven.at(0)
    expect([driven.faults.map(String), await statuses()]).toEqual([['Error: away'], ['pending']])
    away = false
    await driven.at(30_000)
    expect([driven.faults.length, await statuses()]).toEqual([1, ['delivered']])
    expect(await opened.admin.query('select number from alerting.delivery_attempts')).toEqual([{ number: 2 }])
  })

  test('a success that comes after the lease has ended holds; a failure that does leaves what the other process found', async () => {
    await queue(opened.database, [aDelivery({ messageId: 'late-success' }), aDelivery({ messageId: 'late-failure' })])
    const gates = new Map<string, (result: SendResult) => void>()
    const slow = aDrivenDeliverer(opened.database, ({ messageId }) => new Promise((resolve) => void gates.set(messageId, resolve)))
    await slow.deliverer.take()
    const other = aDrivenDeliverer(opened.database, async ({ messageId }) => (messageId === 'late-success' ? refused : accepted))
    await other.at(30_000)
    gates.get('late-success')?.(accepted)
    gates.get('late-failure')?.(refused)
    slow.setClock(31_000)
    await deliverDue(slow.deliverer)
    expect(await statuses()).toEqual(['delivered', 'delivered'])
  })

  test('two processes never send the same one at the same time', async () => {
    await queue(opened.database, Array.from({ length: 60 }, (_, n) => aDelivery({ messageId: `m-${n}`, destination: hook(`h-${n % 20}`) })))
    const sent: string[] = []
    const send = async ({ messageId }: { messageId: string }) => (sent.push(messageId), accepted)
    await Promise.all([1, 2, 3].map(() => aDrivenDeliverer(opened.database, send).at(0)))
    expect([sent.length, new Set(sent).size]).toEqual([60, 60])
  })

  test('of a tenant that the process does not serve is left alone', async () => {
    await queue(opened.database, [aDelivery(), aDelivery({ tenantId: 'globex' })])
    const driven = aDrivenDeliverer(opened.database, async () => accepted, { tenants: () => ['globex'] })
    await driven.at(0)
    expect(await statuses()).toEqual(['pending', 'delivered'])
  })

  test('an answer with what the database can not hold is kept without it', async () => {
    await queue(opened.database, [aDelivery()])
    await aDrivenDeliverer(opened.database, async () => ({ ...refused, error: 'a\u0000b\ud800', response: { status: 500, headers: {}, body: '\u0000' } })).at(0)
    expect(await opened.admin.query('select error, response from alerting.delivery_attempts')).toEqual([{ error: 'a\ufffdb\ufffd', response: { status: 500, headers: {}, body: '\ufffd' } }])
  })
})

describe('a lane', () => {
  const lane = ['1', '2', '3'].map((messageId) => aDelivery({ messageId, lane: 'violation-1' }))

  test('goes out in its order: what follows waits while what is before is pending, and goes when that is given up', async () => {
    await queue(opened.database, [...lane, aDelivery({ messageId: 'other' }), aDelivery({ messageId: '2', lane: 'violation-1', destination: hook('another') })])
    const driven = aDrivenDeliverer(opened.database, async ({ messageId, destination }) => (messageId === '1' && destination.kind === 'webhook' ? refused : accepted), { waitsMs: [5_000] })
    await driven.at(0)
    expect(driven.tried.map(({ messageId }) => messageId).sort()).toEqual(['1', '2', 'other'])
    await driven.at(5_000)
    expect(driven.tried.slice(3).map(({ messageId, status }) => [messageId, status])).toEqual([['1', 'failed'], ['2', 'delivered'], ['3', 'delivered']])
  })

  test('keeps its order with several processes', async () => {
    await queue(opened.database, Array.from({ length: 30 }, (_, n) => aDelivery({ messageId: String(n), lane: 'one' })))
    const sent: string[] = []
    const send = async ({ messageId }: { messageId: string }) => (sent.push(messageId), accepted)
    const processes = [1, 2, 3].map(() => aDrivenDeliverer(opened.database, send))
    while ((await statuses()).includes('pending')) await Promise.all(processes.map(({ at }) => at(0)))
    expect(sent).toEqual(Array.from({ length: 30 }, (_, n) => String(n)))
  })
})

describe('a slow receiver', () => {
  test('holds up neither other receivers nor other tenants: a few are in hand for it, and as others end the next are taken', async () => {
    const slow = Array.from({ length: 50 }, (_, n) => aDelivery({ messageId: `slow-${n}`, destination: hook('slow') }))
    const quick = Array.from({ length: 50 }, (_, n) => aDelivery({ messageId: `quick-${n}`, destination: hook('quick') }))
    const elsewhere = Array.from({ length: 50 }, (_, n) => aDelivery({ tenantId: 'globex', messageId: `else-${n}` }))
    await queue(opened.database, [...slow, ...quick, ...elsewhere])
    const inHand = { now: 0, most: 0 }
    const release = Promise.withResolvers<SendResult>()
    const driven = aDrivenDeliverer(opened.database, async ({ messageId }) => {
      if (!messageId.startsWith('slow')) return accepted
      inHand.most = Math.max(inHand.most, ++inHand.now)
      return release.promise.finally(() => void inHand.now--)
    })
    await workUntil(driven.deliverer, () => driven.finished.length >= 100)
    expect(inHand).toEqual({ now: 4, most: 4 })
    release.resolve(accepted)
    await deliverDue(driven.deliverer)
    expect(new Set(await statuses())).toEqual(new Set(['delivered']))
  })

  test('of a tenant with nothing but hanging receivers leaves room to the others', async () => {
    const hanging = Array.from({ length: 50 }, (_, n) => Array.from({ length: 4 }, (_, m) => aDelivery({ messageId: `hang-${n}-${m}`, destination: hook(`hang-${n}`) }))).flat()
    await queue(opened.database, [...hanging, aDelivery({ tenantId: 'globex', messageId: 'fine' })])
    const driven = aDrivenDeliverer(opened.database, ({ tenantId }) => (tenantId === 'globex' ? Promise.resolve(accepted) : new Promise(() => undefined)))
    await workUntil(driven.deliverer, () => driven.finished.length > 0)
    expect(driven.finished).toEqual([{ messageId: 'fine', status: 'delivered' }])
    await driven.deliverer.take()
    expect(driven.deliverer.inHand()).toBe(32)
  })

  test('that failed last is given one at a time until it takes something', async () => {
    await queue(opened.database, Array.from({ length: 20 }, (_, n) => aDelivery({ messageId: `m-${n}` })))
    const taken: number[] = []
    let answer = refused
    const driven = aDrivenDeliverer(opened.database, async () => answer)
    for (let round = 0; round < 4; round++) {
      taken.push(await driven.deliverer.take())
      await settle(driven.deliverer)
      if (round === 1) answer = accepted
    }
    expect(taken).toEqual([4, 1, 1, 4])
  })
})

describe('a destination', () => {
  const key = destinationKey(hook('hook'))
  const health = () => opened.admin.query<{ failing_since: Date | null; disabled_reason: string | null }>('select failing_since, disabled_reason from alerting.destinations')

  test('that answers 410 is disabled at once: what waits for it and what comes is skipped, until it is enabled', async () => {
    await queue(opened.database, [aDelivery({ messageId: '1', lane: 'x' }), aDelivery({ messageId: '2', lane: 'x' })])
    const driven = aDrivenDeliverer(opened.database, async () => ({ outcome: 'gone', status: 410, error: 'the receiver answered 410' }))
    await driven.at(0)
    await queue(opened.database, [aDelivery({ messageId: '3' })])
    await driven.at(hour)
    expect(await statuses()).toEqual(['failed', 'skipped', 'skipped'])
    expect(driven.disabled).toEqual([{ tenantId: 'acme', destination: hook('hook'), reason: 'gone', error: 'the receiver answered 410' }])
    expect(driven.tried).toHaveLength(1)
    expect(await opened.database.transaction(['acme'], (sql) => enableDestination(sql, 'acme', key))).toBe(true)
    await queue(opened.database, [aDelivery({ messageId: '4' })])
    expect(await statuses()).toEqual(['failed', 'skipped', 'skipped', 'pending'])
  })

  test('that took nothing for 120 h, tried all the while, is disabled, and not a moment sooner', async () => {
    const driven = aDrivenDeliverer(opened.database, async () => refused)
    await driven.at(0)
    for (let hours = 0; hours < 120; hours += 20) {
      await queue(opened.database, [aDelivery({ messageId: `at-${hours}` })], hours * hour)
      await driven.at(hours * hour)
    }
    await queue(opened.database, [aDelivery({ messageId: 'just-before' })], 120 * hour - 1)
    await driven.at(120 * hour - 1)
    expect(driven.disabled).toEqual([])
    await queue(opened.database, [aDelivery({ messageId: 'then' })], 120 * hour)
    await driven.at(120 * hour)
    expect(driven.disabled).toEqual([{ tenantId: 'acme', destination: hook('hook'), reason: 'failing', error: 'the receiver answered 500' }])
    expect((await statuses()).includes('pending')).toBe(false)
  })

  test.each([
    ['took something in between', async () => accepted],
    ['was not tried for two days, so that nobody knows', undefined],
  ])('that fails again after 120 h but %s is not disabled', async (_what, between) => {
    const waitsMs: number[] = []
    await queue(opened.database, [aDelivery({ messageId: '1' })])
    await aDrivenDeliverer(opened.database, async () => refused, { waitsMs }).at(0)
    if (between !== undefined) {
      await queue(opened.database, [aDelivery({ messageId: '2' })], 119 * hour)
      await aDrivenDeliverer(opened.database, between, { waitsMs }).at(119 * hour)
    }
    await queue(opened.database, [aDelivery({ messageId: '3' })], 121 * hour)
    const driven = aDrivenDeliverer(opened.database, async () => refused, { waitsMs })
    await driven.at(121 * hour)
    expect([driven.disabled, (await health()).map(({ disabled_reason }) => disabled_reason)]).toEqual([[], [null]])
  })

  test('that no longer exists skips its delivery and says so', async () => {
    await queue(opened.database, [aDelivery()])
    await aDrivenDeliverer(opened.database, async () => ({ outcome: 'unroutable', error: 'there is no such webhook' })).at(0)
    expect(await rows()).toEqual([expect.objectContaining({ status: 'skipped', last_error: 'there is no such webhook' })])
    expect(await health()).toEqual([])
  })
})
