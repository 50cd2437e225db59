import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { Webhook } from 'standardwebhooks'
import { WebSocket, type RawData } from 'ws'
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
    test('an alert reaches the receiver signed, is tried again when it fails, and both are shown', async () => {
      const { acme } = installation()
      const delivered: { headers: IncomingHttpHeaders; body: string }[] = []
      const server = createServer((request, response) => {
        let body = ''
        request.on('data', (chunk: Buffer) => (body += chunk.toString()))
        request.on('end', () => {
          delivered.push({ headers: request.headers, body })
          response.writeHead(delivered.length === 1 ? 503 : 204).end()
        })
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      try {
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
        const { status, body } = await acme.ask('PATCH', '/v1/tenant', { webhook: { url } })
        const { secret } = body['webhook'] as { secret: string }
        expect([status, secret]).toEqual([200, expect.stringMatching(/^whsec_/)])
        expect((await acme.get('/v1/tenant')).body['webhook']).toEqual({ url })
        // Alerts are routed once the change has travelled.
        let n = 0
        await eventually('a delivery', async () => {
          if (delivered.length === 0) await acme.post(aBreach(`hook-${n++}`))
          return delivered.length > 0
        })
        const first = (await eventually('a second try', async () => delivered.length > 1 && delivered))[0]
        const id = first?.headers['webhook-id']
        const alert = await eventually('the delivered alert', async () => {
          const { body: page } = await acme.get('/v1/alerts?status=delivered&limit=500')
          return (page['items'] as { id: string; attempts: number; violationId: string }[]).find((item) => item.id === id)
        })
        expect(alert.attempts).toBe(2)
        const tries = delivered.filter(({ headers }) => headers['webhook-id'] === id)
        expect(tries.length).toBe(2)
        for (const { headers, body: text } of tries) {
          expect(new Webhook(secret).verify(text, headers as Record<string, string>)).toMatchObject({
            type: 'violation.opened',
            data: { alertId: id, tenantId: 'acme', violationId: alert.violationId, rule: 'vppa.2710b.no-consent' },
          })
        }
        await acme.ask('PATCH', '/v1/tenant', { webhook: null })
      } finally {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    })
  })
}
