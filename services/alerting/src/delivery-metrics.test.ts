import { expect, test } from '@jest/globals'
import { createRegistry } from '@ott/telemetry/metrics'
import { observeDeliveries } from './delivery-metrics.ts'

test('tries are counted by tenant and what they came to, and timed by whether the receiver took them', async () => {
  const registry = createRegistry('alerting')
  const metrics = observeDeliveries(registry)
  for (const status of ['delivered', 'pending', 'pending', 'failed'] as const) metrics.tried({ tenantId: 'acme' }, { status })
  const message = { url: 'http://secret-receiver/', secret: '', id: '1', atMs: 0, body: '' }
  for (const error of [undefined, 'the receiver answered 500']) expect(await metrics.timed(async () => error)(message)).toBe(error)
  const text = await registry.metrics()
  expect(text).toContain('ott_webhook_deliveries_total{tenant="acme",outcome="pending",service="alerting"} 2')
  expect(text).toContain('ott_webhook_deliveries_total{tenant="acme",outcome="failed",service="alerting"} 1')
  for (const outcome of ['ok', 'error']) expect(text).toContain(`ott_webhook_duration_ms_count{service="alerting",outcome="${outcome}"} 1`)
  expect(text).not.toContain('secret')
})
