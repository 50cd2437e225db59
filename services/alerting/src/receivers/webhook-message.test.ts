import { expect, test } from '@jest/globals'
import { aNotification, aNotifiedAlert } from './notification-fixture.ts'
import { webhookMessage } from './webhook-message.ts'

test("a webhook gets the fields of Alertmanager's version 4, and nothing else", () => {
  const notification = aNotification()
  expect(JSON.parse(webhookMessage(notification, 0))).toEqual(notification)
  expect(Object.keys(JSON.parse(webhookMessage({ ...notification, secret: 'x' } as typeof notification, 0)) as object)).toEqual([
    'version', 'groupKey', 'truncatedAlerts', 'status', 'receiver', 'groupLabels', 'commonLabels', 'commonAnnotations', 'externalURL', 'alerts',
  ])
})

test('a receiver that takes a certain number at once is told how many are left out, those before included', () => {
  const notification = aNotification([1, 2, 3].map((number) => aNotifiedAlert({ number: String(number) })), { truncatedAlerts: 4 })
  const { alerts, truncatedAlerts } = JSON.parse(webhookMessage(notification, 2)) as typeof notification
  expect([alerts.length, truncatedAlerts]).toEqual([2, 5])
})
