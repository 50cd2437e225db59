import { describe, expect, test } from '@jest/globals'
import { Webhook } from 'standardwebhooks'
import { WebSocket, type RawData } from 'ws'
import { listeningReceiver } from './listening-receiver.ts'
import { aBreach, anEvent, eventually, type Installation } from './installation.ts'

/** What the installation tells by itself: over WebSockets and to webhooks. */
export function describeNotifications(installation: () => Installation): void {
  describe('the stream', () => {
    test('shows a tenant its own events, in order, and nothing of another', async () => {
      const { acme, globex, url } = installation()
      const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/stream?channels=scored,violations`, { headers: { 'x-api-key': globex.apiKey } })
      const seen: { topic: string; event: { tenantid: string; subject: string; data: { event?: { id: string } } } }[] = []
      socket.on('message', (data: RawData) => seen.push(JSON.parse(String(data))))
      try {
        await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
        let n = 0
        // Only what happens after the topics are being read is shown.
        await eventually('the first event on the stream', async () => {
          await globex.post(anEvent(`warm-${n++}`))
          return seen.length > 0
        })
        await acme.post(Array.from({ length: 20 }, (_, i) => aBreach(`stream-acme-${i}`)))
        await globex.post(Array.from({ length: 20 }, (_, i) => anEvent(`stream-${i}`, { subject: 'streamed' })))
        await globex.post(aBreach('stream-breach', { subject: 'streamed' }))
        await eventually('the violation on the stream', async () => seen.some(({ topic }) => topic === 'violations.v1' || topic.endsWith('.violations.v1')))
        for (const { event } of seen) expect(event.tenantid).toBe('globex')
        const scored = seen.filter(({ topic, event }) => topic.endsWith('events.scored.v1') && event.subject === 'streamed')
        expect(scored.map(({ event }) => event.data.event?.id)).toEqual([...Array.from({ length: 20 }, (_, i) => `stream-${i}`), 'stream-breach'])
      } finally {
        socket.terminate()
      }
    })

    test('tells what people do with a violation, in the order in which they did it', async () => {
      const { acme, url } = installation()
      const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/stream?channels=violations`, { headers: { 'x-api-key': acme.apiKey } })
      const seen: { event: { type: string; data: { violationId: string; change: string; status: string; version: number } } }[] = []
      socket.on('message', (data: RawData) => seen.push(JSON.parse(String(data))))
      try {
        await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
        await acme.post(aBreach('stream-worked'))
        const { violations: [id] = [] } = (await acme.decisionOf('stream-worked')) as { violations?: string[] }
        for (const action of ['acknowledge', 'review', 'resolve']) expect((await acme.ask('POST', `/v1/violations/${id}:${action}`, {})).status).toBe(200)
        const changes = () => seen.filter(({ event }) => event.type === 'com.ott.violation.changed.v1' && event.data.violationId === id).map(({ event: { data } }) => [data.version, data.change, data.status])
        await eventually('the last change on the stream', async () => changes().length >= 3)
        expect(changes()).toEqual([[2, 'acknowledged', 'acknowledged'], [3, 'review_started', 'in_review'], [4, 'resolved', 'resolved']])
      } finally {
        socket.terminate()
      }
    })

    test.each([
      ['a wrong key', 'ott_wrong', '', 401],
      ['an unknown channel', undefined, '?channels=everything', 400],
    ])('%s is refused before a connection is opened', async (_what, key, query, status) => {
      const { acme, url } = installation()
      const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/stream${query}`, { headers: { 'x-api-key': key ?? acme.apiKey } })
      socket.on('error', () => undefined)
      const refused = await new Promise((resolve) => {
        socket.on('open', () => resolve('opened')).on('unexpected-response', (_request, response) => resolve(response.statusCode))
      })
      socket.terminate()
      expect(refused).toBe(status)
    })
  })

  describe('webhooks', () => {
    test('an opening reaches the receiver of the tenant signed, is tried again when that fails, and both are shown', async () => {
      const { acme } = installation()
      await using receiver = await listeningReceiver((count) => (count === 1 ? 503 : 204))
      const { told } = receiver
      const url = `${receiver.url}/hook`
      const { status, body } = await acme.ask('PATCH', '/v1/tenant', { webhook: { url } })
      const { secret } = body['webhook'] as { secret: string }
      expect([status, secret]).toEqual([200, expect.stringMatching(/^whsec_/)])
      expect((await acme.get('/v1/tenant')).body['webhook']).toEqual({ url })
      // It is told of what opens once the change has travelled.
      let n = 0
      await eventually('a delivery', async () => {
        if (told.length === 0) await acme.post(aBreach(`hook-${n++}`))
        return told.length > 0
      })
      const first = (await eventually('a second try', async () => told.length > 1 && told))[0]
      const id = String(first?.headers['webhook-id'])
      const delivery = await eventually('the delivery in the list', async () => {
        const { body: page } = await acme.get('/v1/deliveries?status=delivered&webhookId=tenant&limit=500')
        return (page['items'] as { id: string; messageId: string; attempts: number }[]).find(({ messageId }) => messageId === id)
      })
      const { body: detail } = await acme.get(`/v1/deliveries/${delivery.id}`)
      expect([delivery.attempts, (detail['tries'] as { response: { status: number } }[]).map(({ response }) => response.status)]).toEqual([2, [503, 204]])
      const tries = told.filter(({ headers }) => headers['webhook-id'] === id)
      expect(tries.length).toBe(2)
      const { body: alert } = await acme.get(`/v1/alerts/${id}`)
      for (const { headers, body: text } of tries) {
        expect(new Webhook(secret).verify(text, headers as Record<string, string>)).toMatchObject({
          type: 'violation.opened',
          data: { alertId: id, tenantId: 'acme', violationId: alert['violationId'], rule: 'vppa.2710b.no-consent' },
        })
      }
      await acme.ask('PATCH', '/v1/tenant', { webhook: null })
    })

    test("a partner hears of what it subscribed to and nothing else, in order, and may ask for it once more", async () => {
      const { acme, globex } = installation()
      await using receiver = await listeningReceiver()
      const since = new Date(Date.now() - 1_000).toISOString()
      const made = await acme.ask('POST', '/v1/webhooks', { url: `${receiver.url}/partner`, eventTypes: ['violation.opened', 'violation.resolved', 'alert.resolved'] })
      expect([made.status, made.body]).toEqual([201, expect.objectContaining({ id: expect.any(String), secret: expect.stringMatching(/^whsec_/) })])
      const { id, secret } = made.body as { id: string; secret: string }
      expect(JSON.stringify((await acme.get(`/v1/webhooks/${id}`)).body)).not.toContain(secret)
      expect((await globex.get(`/v1/webhooks/${id}`)).status).toBe(404)

      await acme.post(aBreach('partner-1', { subject: 'partner-viewer' }))
      const { violations } = (await acme.decisionOf('partner-1')) as { violations: string[] }
      await eventually('the opening', async () => receiver.told.length > 0)
      for (const action of ['acknowledge', 'resolve']) expect((await acme.ask('POST', `/v1/violations/${violations[0]}:${action}`)).status).toBe(200)
      await eventually('both ends', async () => receiver.told.length >= 3)
      const heard = receiver.told.map(({ headers, body }) => new Webhook(secret).verify(body, headers as Record<string, string>) as { type: string; data: { violationId: string } })
      expect(heard.map(({ type }) => type)).toEqual(['violation.opened', 'violation.resolved', 'alert.resolved'])
      expect(new Set(heard.map(({ data }) => data.violationId))).toEqual(new Set([violations[0]]))

      const ids = receiver.told.map(({ headers }) => headers['webhook-id'])
      const again = await acme.ask('POST', `/v1/webhooks/${id}/deliveries:resend`, { since, includeDelivered: true })
      expect(again).toMatchObject({ body: { count: 3 } })
      await eventually('all three again', async () => receiver.told.length >= 6)
      expect(receiver.told.slice(3).map(({ headers }) => headers['webhook-id']).sort()).toEqual([...ids].sort())
      expect((await acme.ask('DELETE', `/v1/webhooks/${id}`)).status).toBeLessThan(300)
    })
  })
}
