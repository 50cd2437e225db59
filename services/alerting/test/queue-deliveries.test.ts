import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { forgetDeliveries } from '../src/deliveries/forget-deliveries.ts'
import type { NewDelivery } from '../src/deliveries/new-delivery.ts'
import { queueDeliveries } from '../src/deliveries/queue-deliveries.ts'
import { openAlertingDatabase, type AlertingDatabase } from './alerting-database.ts'
import { aDelivery } from './delivery-fixture.ts'

let opened: AlertingDatabase
beforeAll(async () => void (opened = await openAlertingDatabase()))
afterAll(() => opened?.close())
beforeEach(() => opened.admin.query('truncate alerting.deliveries, alerting.destinations, alerting.delivery_attempts'))

const nowMs = Date.parse('2026-03-01T12:00:00Z')
const queue = (deliveries: readonly NewDelivery[], tenants = ['acme', 'globex']) =>
  opened.database.transaction(tenants, (sql) => queueDeliveries(sql, deliveries, nowMs))
const rows = () => opened.admin.query<{ message_id: string; destination: string; status: string }>('select * from alerting.deliveries order by sequence')

test('what ended longer ago than the log is kept is forgotten with its tries, and nothing else', async () => {
  await queue(['old', 'young', 'waiting'].map((messageId) => aDelivery({ messageId })))
  const dayMs = 86_400_000
  const ended = (messageId: string, atMs: number) => opened.admin.query(`update alerting.deliveries set status = 'delivered', finished_at = $2 where message_id = $1`, [messageId, new Date(atMs)])
  await ended('old', nowMs)
  await ended('young', nowMs + 2 * dayMs)
  await opened.admin.query(`insert into alerting.delivery_attempts (tenant_id, delivery_id, number, started_at, duration_ms, outcome) select tenant_id, id, 1, now(), 1, 'accepted' from alerting.deliveries`)
  expect(await forgetDeliveries(opened.database, ['acme'], { keptMs: 90 * dayMs, nowMs: nowMs + 91 * dayMs })).toBe(1)
  expect((await rows()).map(({ message_id }) => message_id)).toEqual(['young', 'waiting'])
  expect(await opened.admin.query('select 1 from alerting.delivery_attempts')).toHaveLength(2)
})

describe('what is queued', () => {
  test('is kept once, however often it comes, and one message may go to several destinations', async () => {
    const hooks = ['a', 'b'].map((webhookId) => aDelivery({ destination: { kind: 'webhook', webhookId } }))
    const receiver = aDelivery({ destination: { kind: 'receiver', receiver: 'on/call', integration: 'slack.0' } })
    await queue([...hooks, receiver])
    await queue([...hooks, receiver])
    expect((await rows()).map(({ destination }) => destination)).toEqual(['webhook/a', 'webhook/b', 'receiver/on%2Fcall/slack.0'])
  })

  test('keeps its order, within a call and between calls', async () => {
    const ids = Array.from({ length: 50 }, (_, place) => `m-${place}`)
    await queue(ids.slice(0, 30).map((messageId) => aDelivery({ messageId })))
    await queue(ids.slice(30).map((messageId) => aDelivery({ messageId })))
    expect((await rows()).map(({ message_id }) => message_id)).toEqual(ids)
  })

  test('for a disabled destination is skipped, and for its neighbours is not', async () => {
    await opened.admin.query(`insert into alerting.destinations values ('acme', 'webhook/off', null, null, now(), 'gone')`)
    await queue([aDelivery({ destination: { kind: 'webhook', webhookId: 'off' } }), aDelivery({ destination: { kind: 'webhook', webhookId: 'on' } }), aDelivery({ tenantId: 'globex', destination: { kind: 'webhook', webhookId: 'off' } })])
    expect((await rows()).map(({ status }) => status)).toEqual(['skipped', 'pending', 'pending'])
  })

  test('for a tenant that the transaction is not for is refused', async () => {
    await expect(queue([aDelivery({ tenantId: 'globex' })], ['acme'])).rejects.toThrow('row-level security')
    expect(await rows()).toEqual([])
  })
})
