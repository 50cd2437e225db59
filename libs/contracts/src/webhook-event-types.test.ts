import { expect, test } from '@jest/globals'
import { alertStatuses } from './alert-changed.ts'
import { violationChanges } from './violation-changed.ts'
import { webhookEventTypes } from './webhook-event-types.ts'

test('whatever becomes of a violation or an alert, a webhook can subscribe to it', () => {
  const told = [...violationChanges.map((change) => `violation.${change}`), ...alertStatuses.map((status) => `alert.${status}`)]
  expect(told.filter((type) => !(webhookEventTypes as readonly string[]).includes(type))).toEqual([])
})
