import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aNotification, aNotifiedAlert, hostileNotification, resolvedAlert } from './notification-fixture.ts'
import { pagerdutyEvent } from './pagerduty-event.ts'

const options = { routingKey: 'r'.repeat(32), severity: undefined, client: 'OTT Compliance', component: undefined }

interface PagerdutyEvent {
  readonly event_action: string
  readonly dedup_key: string
  readonly payload: { readonly summary: string; readonly source: string; readonly severity: string; readonly timestamp?: string; readonly custom_details: { readonly alerts?: readonly object[] } }
}
const read = (body: string) => JSON.parse(body) as PagerdutyEvent

test('what triggered an incident is resolved under the same key, and other groups have others', () => {
  const [firing, resolved] = [read(pagerdutyEvent(aNotification(), options)), read(pagerdutyEvent(aNotification([resolvedAlert]), options))]
  expect([firing.event_action, resolved.event_action]).toEqual(['trigger', 'resolve'])
  expect(firing.dedup_key).toBe(resolved.dedup_key)
  expect(read(pagerdutyEvent(aNotification([], { groupKey: 'other' }), options)).dedup_key).not.toBe(firing.dedup_key)
})

test('the key is the SHA-256 of the group key, so that an Alertmanager that told PagerDuty before is followed up', () => {
  // printf '{}:{}' | sha256sum
  expect(read(pagerdutyEvent(aNotification([], { groupKey: '{}:{}' }), options)).dedup_key).toBe('cc9772a1ec901d26ef71dae861793e4d08979fa5030a3f0a5f3ba549f1f2d0b6')
})

test.each([['critical', 'critical'], ['high', 'error'], ['medium', 'warning'], ['low', 'info'], ['page', 'error']])('our %s is a PagerDuty %s', (severity, expected) => {
  expect(read(pagerdutyEvent(aNotification([aNotifiedAlert({ severity })]), options)).payload.severity).toBe(expected)
})

test('a configured severity goes before ours, if PagerDuty knows it', () => {
  expect(read(pagerdutyEvent(aNotification(), { ...options, severity: 'info' })).payload.severity).toBe('info')
  expect(read(pagerdutyEvent(aNotification(), { ...options, severity: 'bogus' })).payload.severity).toBe('critical')
})

test('an event says what happened, where, since when and gives the details', () => {
  expect(read(pagerdutyEvent(aNotification(), { ...options, component: 'ads' }))).toMatchObject({
    client: 'OTT Compliance',
    client_url: 'https://compliance.example/alerts?group=7&tenant=acme',
    payload: {
      summary: 'FIRING: 1, critical · gdpr.art7.withdrawn-consent: Ads were profiled after the viewer withdrew consent',
      source: 'OTT Compliance',
      component: 'ads',
      timestamp: '2026-03-02T08:15:30.000Z',
      custom_details: { num_firing: 1, num_resolved: 0, alerts: [{ status: 'firing', citation: 'GDPR Art. 7(3)', subject: 'viewer-4711' }] },
    },
  })
})

test("PagerDuty's bounds hold, whatever labels are: the fields it needs, 1,024 characters of summary, 512 KB", () => {
  fc.assert(
    fc.property(hostileNotification, (notification) => {
      const body = pagerdutyEvent(notification, options)
      const { payload, dedup_key: key } = read(body)
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(512_000)
      expect(payload.summary.length).toBeGreaterThan(0)
      expect(payload.summary.length).toBeLessThanOrEqual(1_024)
      expect(key.length).toBeLessThanOrEqual(255)
      expect(['critical', 'error', 'warning', 'info']).toContain(payload.severity)
    }),
  )
})

test('alerts that together are too large are left out, and the event says so', () => {
  const wide = '日'.repeat(3_000)
  const alert = aNotifiedAlert({ rule: wide, subject: wide, severity: wide }, { annotations: { summary: wide, citation: wide } })
  const body = pagerdutyEvent(aNotification(Array.from({ length: 150 }, () => alert)), options)
  expect(Buffer.byteLength(body)).toBeLessThan(512_000)
  expect(read(body).payload.custom_details).toEqual({ num_firing: 150, num_resolved: 0, left_out: expect.stringContaining('left out') })
})
