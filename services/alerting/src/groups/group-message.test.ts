import { expect, test } from '@jest/globals'
import type { Integration } from '@ott/alert-routing/configuration'
import { alertsToldMax, deliveryOf } from './group-message.ts'

const group = { tenantId: 'acme', id: 'g', key: '{}:{}', routeKey: '{}', receiver: 'team', labels: {}, notified: new Map(), sequence: 0, escalation: undefined }
const alertsOf = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ id: `a-${n}`, labels: { alertname: 'x' }, annotations: {}, startsAtMs: 0, endsAtMs: undefined, updatedAtMs: 0, isAcknowledged: false }))

test.each([
  ['has no bound of its own', 0, alertsToldMax],
  ['takes three at once', 3, 3],
  ['would take more than anybody gets', 1_000_000, alertsToldMax],
])('a message to a webhook that %s has as many alerts as it may, and says how many there are besides', (_what, maxAlerts, shown) => {
  const webhook: Integration = { key: 'webhook[0]', kind: 'webhook', sendResolved: true, url: 'https://r.example', signingSecrets: [], maxAlerts, timeoutMs: undefined, authorization: undefined }
  const firing = alertsOf(alertsToldMax + 1)
  const { content, messageId } = deliveryOf({ group, members: [], publicUrl: '', nowMs: 1 }, { integrationKey: 'webhook[0]', firing, resolved: [] }, { sequence: 7, receiver: 'team', integrations: [webhook] })
  expect(content).toMatchObject({ kind: 'notification', notification: { truncatedAlerts: firing.length - shown, alerts: { length: shown } } })
  expect(messageId).toBe(deliveryOf({ group, members: [], publicUrl: '', nowMs: 2 }, { integrationKey: 'webhook[0]', firing, resolved: [] }, { sequence: 7, receiver: 'team', integrations: [webhook] }).messageId)
})
