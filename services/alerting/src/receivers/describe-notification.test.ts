import { expect, test } from '@jest/globals'
import { describeNotification } from './describe-notification.ts'
import { aNotification, aNotifiedAlert, resolvedAlert } from './notification-fixture.ts'

test('what is wrong, how grave, who it concerns and since when stands first', () => {
  const { state, subject, lines } = describeNotification(aNotification([resolvedAlert, aNotifiedAlert({ severity: 'low' }), aNotifiedAlert()]))
  expect(state).toBe('FIRING: 2, critical')
  expect(subject).toBe('gdpr.art7.withdrawn-consent')
  expect(lines.map(({ severityText, isFiring }) => [severityText, isFiring])).toEqual([['critical', true], ['low', true], ['medium', false]])
  expect(lines[0]).toMatchObject({ rule: 'gdpr.art7.withdrawn-consent', citation: 'GDPR Art. 7(3)', subject: 'viewer-4711', since: '2026-03-02 08:15 UTC', until: '' })
  expect(lines[2]).toMatchObject({ until: '2026-03-02 09:00 UTC' })
})

test('a resolved group says so and how many there were, those left out included', () => {
  expect(describeNotification(aNotification([resolvedAlert], { truncatedAlerts: 3 }))).toMatchObject({ state: 'RESOLVED: 4', isFiring: false, severity: 'medium', truncatedCount: 3 })
})

test('labels that the group shares are named, but for what the name says already', () => {
  const notification = aNotification([aNotifiedAlert()], { groupLabels: { rule: 'gdpr.art7.withdrawn-consent', subject: 'viewer-4711', country: '' } })
  expect(describeNotification(notification).subject).toBe('gdpr.art7.withdrawn-consent · subject viewer-4711')
})

test('alerts without any of our labels are told all the same', () => {
  const alert = aNotifiedAlert({}, { labels: { job: 'x' }, annotations: {}, startsAt: 'never' })
  const { state, lines } = describeNotification(aNotification([alert], { commonLabels: {}, groupLabels: {} }))
  expect(state).toBe('FIRING: 1')
  expect(lines[0]).toMatchObject({ severity: undefined, severityText: '', summary: 'Alert', rule: '', since: '' })
})
