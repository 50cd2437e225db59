import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import type { Logger } from '@ott/telemetry/logger'
import { createRegistry } from '@ott/telemetry/metrics'
import { createAddressGuard } from '../src/deliveries/address-guard.ts'
import { openDeliveries } from '../src/deliveries/open-deliveries.ts'
import type { DisabledDestination } from '../src/deliveries/record-attempt.ts'
import { openAlertingDatabase, type AlertingDatabase } from './alerting-database.ts'
import { aDelivery } from './delivery-fixture.ts'
import { queue, startMs } from './driven-deliverer.ts'
import { aReceiver } from './webhook-receiver.ts'

let opened: AlertingDatabase
beforeAll(async () => void (opened = await openAlertingDatabase()))
afterAll(() => opened?.close())

test('a running service sends what is queued, by the kind of its destination, tells of what is disabled, and ends in order', async () => {
  await using receiver = await aReceiver((count) => ({ status: count === 1 ? 500 : 410 }))
  const acme = { tenantId: 'acme', webhook: { url: receiver.url, secret: `whsec_${Buffer.alloc(24).toString('base64')}` } } as TenantConfiguration
  const logged: string[] = []
  const log = Object.fromEntries(['debug', 'info', 'warn', 'error'].map((level) => [level, (...parts: unknown[]) => void logged.push(JSON.stringify(parts))])) as unknown as Logger
  const registry = createRegistry('alerting')
  const disabled: DisabledDestination[] = []
  const toReceiver: string[] = []
  let nowMs = startMs
  const deliveries = openDeliveries({
    database: opened.database,
    directory: { get: (id) => (id === 'acme' ? acme : undefined), all: () => [acme] },
    settings: { WEBHOOK_ALLOWED_NETWORKS: createAddressGuard('127.0.0.1'), DELIVERY_RETRY_SCHEDULE: [5_000] },
    sendToReceiver: () => async ({ messageId }) => (toReceiver.push(messageId), { outcome: 'accepted' }),
    onDisabled: async (_sql, told) => void disabled.push(told),
    registry,
    log,
    nowMs: () => nowMs,
    random: () => 0.5,
    pollMs: 5,
  })
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  try {
    const announced = { messageId: 'm', lane: 'm', event: { type: 'violation.opened', timestamp: '2026-03-01T12:00:00Z', data: {} }, traceparent: undefined }
    await opened.database.transaction(['acme'], (sql) => deliveries.announce(sql, 'acme', [announced], nowMs))
    await queue(opened.database, [aDelivery({ messageId: 'r', destination: { kind: 'receiver', receiver: 'ops', integration: 'slack.0' } })])
    await until(() => logged.filter((line) => line.includes('delivery tried')).length === 2)
    nowMs += 2_000
    expect(await registry.metrics()).toContain('ott_deliveries_oldest_pending_seconds{kind="webhook",service="alerting"} 2')
    nowMs += 5_000
    await until(() => disabled.length > 0)
  } finally {
    await deliveries.stop()
  }
  expect(toReceiver).toEqual(['r'])
  expect(receiver.delivered.map(({ headers }) => headers['webhook-id'])).toEqual(['m', 'm'])
  expect(disabled).toEqual([{ tenantId: 'acme', destination: { kind: 'webhook', webhookId: 'tenant' }, reason: 'gone', error: 'the receiver answered 410' }])
  nowMs += 60_000
  const metrics = await registry.metrics()
  for (const line of [
    'ott_deliveries_total{tenant="acme",kind="webhook",outcome="pending",service="alerting"} 1',
    'ott_deliveries_total{tenant="acme",kind="webhook",outcome="failed",service="alerting"} 1',
    'ott_deliveries_total{tenant="acme",kind="receiver",outcome="delivered",service="alerting"} 1',
    'ott_delivery_duration_ms_count{service="alerting",kind="webhook",outcome="gone"} 1',
    'ott_deliveries_pending{kind="webhook",service="alerting"} 0',
    'ott_deliveries_oldest_pending_seconds{kind="receiver",service="alerting"} 0',
    'ott_destinations_disabled{kind="webhook",service="alerting"} 1',
  ]) expect(metrics).toContain(line)
  expect(logged.join('')).not.toContain('whsec_')
})
