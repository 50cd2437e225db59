import { expect, test } from '@jest/globals'
import { aViolation } from '../test/violation-fixture.ts'
import { raiseAlert } from './raise-alert.ts'

test.each([
  [true, 'pending'],
  [false, 'unrouted'],
])('with a receiver (%j) the alert of a violation is %s, in its row and in what is told', (hasReceiver, status) => {
  const { outcome, rows, emits } = raiseAlert(aViolation('v'), hasReceiver)
  expect(outcome.kind).toBe('emitted')
  expect(rows).toEqual([expect.objectContaining({ status })])
  expect(emits).toEqual([expect.objectContaining({ naturalKey: status, data: expect.objectContaining({ alertId: rows[0]?.id, status, violationId: 'violation-acme-v' }) })])
})

test('the receiver is told everything it needs to act, in the form of Standard Webhooks', () => {
  const [row] = raiseAlert(aViolation('v'), true).rows
  expect(row?.payload).toEqual({
    type: 'violation.opened',
    timestamp: '2026-03-01T12:00:00Z',
    data: {
      alertId: row?.id, tenantId: 'acme', subject: 'viewer-1', violationId: 'violation-acme-v', rule: 'r1', regulation: 'test', citation: 'Test § 1',
      severity: 'high', message: 'broken', openedAt: '2026-03-01T12:00:00Z', eventId: 'e-v',
    },
  })
})

test('one violation has one alert: a replay gives the same id and bytes, another violation another', () => {
  expect(JSON.stringify(raiseAlert(aViolation('v'), true))).toBe(JSON.stringify(raiseAlert(aViolation('v'), true)))
  expect(raiseAlert(aViolation('w'), true).rows[0]?.id).not.toBe(raiseAlert(aViolation('v'), true).rows[0]?.id)
})
