import { expect, test } from '@jest/globals'
import { caseSettingsOf, caseSettingsRequest, defaultSlaMinutes, dueTimesOf } from './case-settings.ts'

test('a tenant that says nothing has the defaults', () => {
  expect(caseSettingsOf(undefined)).toEqual({ severityOverrides: [], slaMinutes: defaultSlaMinutes, incidentWindowHours: 24 })
})

test('what is left out of the service level stays as by default', () => {
  const { slaMinutes } = caseSettingsOf({ slaMinutes: { high: { acknowledge: 10, resolve: 20 } } })
  expect(slaMinutes).toEqual({ ...defaultSlaMinutes, high: { acknowledge: 10, resolve: 20 } })
})

test.each([
  ['a rule twice', { severityOverrides: [{ rule: 'r1', severity: 'low' }, { rule: 'r1', severity: 'high' }] }],
  ['less time to resolve than to acknowledge', { slaMinutes: { low: { acknowledge: 10, resolve: 9 } } }],
  ['an unknown severity', { slaMinutes: { grave: { acknowledge: 1, resolve: 9 } } }],
  ['neither rule nor regulation', { severityOverrides: [{ severity: 'low' }] }],
  ['no window at all', { incidentWindowHours: 0 }],
])('settings with %s are refused', (_what, settings) => {
  expect(caseSettingsRequest.safeParse(settings).success).toBe(false)
})

test('a critical case is to be acknowledged within the hour and closed within the day', () => {
  expect(dueTimesOf(0, 'critical', caseSettingsOf(undefined))).toEqual({ acknowledgeDueAtMs: 3_600_000, resolveDueAtMs: 86_400_000 })
})
