import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Notification } from '@ott/alert-routing/notification'
import { conformanceCases } from '@ott/alert-routing/conformance/cases'
import { inOrder, runCase, type ConformanceSubject } from '@ott/alert-routing/conformance/run-case'
import { conformanceStartMs } from '@ott/alert-routing/conformance/time-cases'
import { acknowledgeAlert } from '../src/alerts/tell-alerts.ts'
import { createSilence, expireSilence } from '../src/silences/silence-actions.ts'
import { newSilence, silenceRequest } from '../src/silences/silence-request.ts'
import { anAlertingWorld, type AlertingWorld } from './alerting-world.ts'

let world: AlertingWorld
beforeAll(async () => {
  world = await anAlertingWorld()
})
afterAll(() => world?.close())

test.each(conformanceCases.map((one) => [one.name, one] as const))('on the database as in the documentation: %s', async (_name, one) => {
  await world.clear(conformanceStartMs)
  expect(await runCase(one, theService())).toEqual(inOrder(one.expected))
})

/** The service without its sending: what it puts into the outbox is what receivers are told. */
function theService(): ConformanceSubject {
  const silenceIds = new Map<string, string>()
  const end = async (name: string) => {
    const id = silenceIds.get(name)
    if (id !== undefined) await expireSilence(world.database, 'acme', id, world.nowMs)
  }
  const timeOf = (ms: number) => new Date(ms).toISOString()
  return {
    configure: async (yaml) => void (await world.configure(yaml)),
    postAlerts: (alerts) =>
      world.post(alerts.map(({ labels, annotations, startsAtMs, endsAtMs }) => ({ labels, annotations, ...(startsAtMs === undefined ? {} : { startsAt: timeOf(startsAtMs) }), ...(endsAtMs === undefined ? {} : { endsAt: timeOf(endsAtMs) }) }))),
    async silence({ name, matchers, startsAtMs, endsAtMs }) {
      await end(name)
      const id = `${name} ${silenceIds.size} ${world.nowMs}`
      const request = silenceRequest.parse({ matchers, startsAt: timeOf(startsAtMs), endsAt: timeOf(endsAtMs), noticeMinutes: 0 })
      await createSilence(world.database, 'acme', newSilence(request, { id, by: 'key-1', nowMs: world.nowMs }), world.nowMs)
      silenceIds.set(name, id)
    },
    expireSilence: end,
    async acknowledge(labels) {
      const alerts = await world.admin.query<{ id: string }>('select id from alerting.alerts where labels @> $1', [JSON.stringify(labels)])
      for (const { id } of alerts) await acknowledgeAlert(world.options, 'acme', { id, by: 'key-1', note: undefined }, world.nowMs)
    },
    advanceTo: (ms) => world.advanceToMs(ms),
    async notifications() {
      const rows = await world.admin.query<{ receiver: string; integration: string; created_at: Date; content: { notification: Notification } }>(
        'select receiver, integration, created_at, content from alerting.deliveries order by sequence',
      )
      return rows.map(({ receiver, integration, created_at, content }) => ({
        atMs: created_at.getTime(),
        receiver,
        integration: Number(/\d+/.exec(integration)?.[0]),
        alerts: content.notification.alerts,
      }))
    },
  }
}
