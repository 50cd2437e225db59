import { expect, test } from '@jest/globals'
import { alertmanagerAlerts } from './alertmanager-alerts.ts'
import { aNotification, aNotifiedAlert, resolvedAlert } from './notification-fixture.ts'

interface Postable {
  readonly labels: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly endsAt?: string
  readonly generatorURL?: string
}
const atMs = Date.parse('2026-03-02T08:20:00Z')
const read = (body: string) => JSON.parse(body) as readonly Postable[]

test('an alert that fires outlasts every pause that we make between two tellings of it', () => {
  const [firing] = read(alertmanagerAlerts(aNotification(), atMs, true))
  expect(firing?.startsAt).toBe('2026-03-02T08:15:30.000Z')
  expect(Date.parse(firing?.endsAt ?? '')).toBeGreaterThan(atMs + 300 * 86_400_000)
})

test('where no resolve will follow, an alert ends by itself as Alertmanager has it', () => {
  expect(read(alertmanagerAlerts(aNotification(), atMs, false))[0]).not.toHaveProperty('endsAt')
})

test('a resolved alert has its own end', () => {
  expect(read(alertmanagerAlerts(aNotification([resolvedAlert]), atMs, true))[0]?.endsAt).toBe('2026-03-02T09:00:00.000Z')
})

test('empty labels and links that are none stay away, since Alertmanager refuses them', () => {
  const alert = aNotifiedAlert({ country: '' }, { generatorURL: 'not a link' })
  const [posted] = read(alertmanagerAlerts(aNotification([alert]), atMs, true))
  expect(posted?.labels).not.toHaveProperty('country')
  expect(posted).not.toHaveProperty('generatorURL')
})
