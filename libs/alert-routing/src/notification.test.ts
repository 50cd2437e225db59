import { expect, test } from '@jest/globals'
import { aRoute, anAlert } from './alert-fixture.ts'
import { notificationOf } from './notification.ts'

const fires = anAlert({ id: 'f', labels: { zone: 'eu', host: '1' }, annotations: { summary: 's' }, startsAtMs: 1_000, endsAtMs: 90_000 })
const over = anAlert({ id: 'o', labels: { zone: 'eu', host: '2' }, annotations: { summary: 's' }, startsAtMs: 0, endsAtMs: 2_000 })
const told = (parts: object) =>
  notificationOf({ groupKey: '{}:{}', route: aRoute(), groupLabels: {}, firing: [fires], resolved: [over], maxAlerts: 0, externalUrl: '', nowMs: 5_000, ...parts })

test('a notification has what its alerts share, and each with its times', () => {
  expect(told({})).toMatchObject({
    version: '4',
    status: 'firing',
    receiver: 'team',
    truncatedAlerts: 0,
    commonLabels: { zone: 'eu' },
    commonAnnotations: { summary: 's' },
    alerts: [
      { status: 'firing', startsAt: '1970-01-01T00:00:01.000Z', endsAt: '0001-01-01T00:00:00Z', fingerprint: 'f' },
      { status: 'resolved', startsAt: '1970-01-01T00:00:00.000Z', endsAt: '1970-01-01T00:00:02.000Z', fingerprint: 'o' },
    ],
  })
})

test('it is resolved once nothing in it fires', () => {
  expect(told({ firing: [] }).status).toBe('resolved')
})

test('what is beyond the bound is left out, counted, and still common or not', () => {
  expect(told({ maxAlerts: 1 })).toMatchObject({ truncatedAlerts: 1, commonLabels: { zone: 'eu' }, alerts: [{ fingerprint: 'f' }] })
})
