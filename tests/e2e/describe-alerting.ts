import { describe, expect, test } from '@jest/globals'
import { listeningReceiver } from './listening-receiver.ts'
import { aBreach, eventually, type Installation } from './installation.ts'

interface Notice {
  readonly status: string
  readonly alerts: readonly { readonly status: string; readonly labels: Record<string, string>; readonly annotations: Record<string, string> }[]
}

/** From events to whoever is to be told, by a tenant's own configuration. */
export function describeAlerting(installation: () => Installation): void {
  describe('alerting', () => {
    const burst = 10_000

    test('ten thousand breaches of one viewer in a burst are one case with all of its evidence and one message, and one more when it is over', async () => {
      const { acme } = installation()
      await using receiver = await listeningReceiver()
      const configured = await fetch(`${installation().url}/v1/alerting/configuration`, { method: 'PUT', body: configuration(receiver.url), headers: { 'x-api-key': acme.apiKey } })
      expect(configured.status).toBe(200)
      const subject = 'burst-viewer'
      const time = new Date(Date.now() - 60_000).toISOString()
      for (let n = 0; n < burst; n += 1_000) {
        const { status } = await acme.post(Array.from({ length: 1_000 }, (_, i) => aBreach(`burst-${n + i}`, { subject, time })))
        expect(status).toBe(202)
      }
      const found = await eventually('all of the evidence', async () => {
        const { body } = await acme.get(`/v1/violations?subject=${subject}&rule=vppa.2710b.no-consent`)
        const cases = body['items'] as { id: string; evidenceCount: number; status: string }[]
        return cases[0]?.evidenceCount === burst && cases
      })
      expect(found).toEqual([expect.objectContaining({ evidenceCount: burst, status: 'open' })])
      const id = found[0]?.id ?? ''

      const noticesOf = () => receiver.told.map(({ body }) => JSON.parse(body) as Notice).filter(({ alerts }) => alerts.some(({ annotations }) => annotations['violation_id'] === id))
      await eventually('the message', async () => noticesOf().length > 0)
      expect(noticesOf()).toEqual([expect.objectContaining({ status: 'firing' })])
      expect((await acme.ask('POST', `/v1/violations/${id}:resolve`, { reason: 'asked and answered' })).status).toBe(200)
      await eventually('the end', async () => noticesOf().length > 1)
      expect(noticesOf().map(({ alerts }) => alerts.find(({ annotations }) => annotations['violation_id'] === id)?.status)).toEqual(['firing', 'resolved'])
      expect((await acme.get(`/v1/alerts?violationId=${id}`)).body['items']).toEqual([expect.objectContaining({ status: 'resolved', endsAt: expect.any(String) })])
    }, 60_000)

    test('a false alarm is taken back, and the label is where the models learn from it', async () => {
      const { acme } = installation()
      await acme.post(aBreach('false-1', { subject: 'false-viewer' }))
      const { violations } = (await acme.decisionOf('false-1')) as { violations: string[] }
      expect(await acme.ask('POST', `/v1/violations/${violations[0]}:false-positive`, { reason: 'a test account' })).toMatchObject({ status: 200, body: { status: 'false_positive' } })
      await eventually('the end of the alert', async () => ((await acme.get(`/v1/alerts?violationId=${violations[0]}`)).body['items'] as { status: string }[])[0]?.status === 'resolved')
      await eventually('the label', async () => {
        const { body } = await acme.get('/v1/labels?limit=500')
        return (body['items'] as { eventId: string; verdict: string }[]).some(({ eventId, verdict }) => eventId === 'false-1' && verdict === 'false-positive')
      })
    })

    test('the graph tells and does the same: alerts, silences, receivers, deliveries', async () => {
      const { acme, globex } = installation()
      const ask = async (client: typeof acme, query: string, variables: object = {}) => (await client.ask('POST', '/graphql', { query, variables })).body as { data: Record<string, Record<string, unknown>>; errors?: unknown }
      const made = await ask(acme, 'mutation ($endsAt: DateTime!) { createSilence(matchers: [{ name: "subject", value: "graph-silent" }], endsAt: $endsAt, comment: "quiet") { id state matchers { name value isRegex isEqual } } }', { endsAt: new Date(Date.now() + 3_600_000).toISOString() })
      expect(made).toMatchObject({ data: { createSilence: { state: 'active', matchers: [{ name: 'subject', value: 'graph-silent', isRegex: false, isEqual: true }] } } })
      const id = made.data['createSilence']?.['id']
      await acme.post(aBreach('graph-alert', { subject: 'graph-silent' }))
      const alert = await eventually('the alert in the graph', async () => {
        const { data } = await ask(acme, '{ alerts(subject: "graph-silent") { nodes { id rule severity status labels violation { status alerts { id } } } } }')
        return (data['alerts']?.['nodes'] as { id: string }[])[0]
      })
      expect(alert).toMatchObject({ rule: 'vppa.2710b.no-consent', severity: 'critical', status: 'firing', violation: { status: 'open', alerts: [{ id: alert.id }] } })
      expect(await ask(acme, 'mutation ($id: ID!) { acknowledgeAlert(id: $id, note: "mine") { status acknowledgedNote } }', { id: alert.id })).toMatchObject({ data: { acknowledgeAlert: { status: 'acknowledged', acknowledgedNote: 'mine' } } })
      const { data, errors } = await ask(acme, '{ receivers { name integrations { key kind disabledAt } } alertRoute onCall { schedule } deliveries(receiver: "team") { nodes { messageId status eventType } } webhooks { nodes { id } } }')
      expect(errors).toBeUndefined()
      expect(data).toMatchObject({ receivers: [{ name: 'team', integrations: [{ key: 'webhook[0]', kind: 'webhook', disabledAt: null }] }], alertRoute: { receiver: 'team' }, onCall: [], deliveries: { nodes: expect.arrayContaining([expect.objectContaining({ status: 'delivered', eventType: 'alert.firing' })]) } })
      expect(await ask(globex, 'mutation ($id: ID!) { expireSilence(id: $id) { id } }', { id })).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
      expect(await ask(acme, 'mutation ($id: ID!) { expireSilence(id: $id) { state } }', { id })).toMatchObject({ data: { expireSilence: { state: 'expired' } } })
      expect(await ask(acme, 'mutation { snoozeSubject(subject: "x", minutes: 0) { id } }')).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
    })

    test('a configuration that is wrong is refused with line and column', async () => {
      const { acme } = installation()
      const answer = await fetch(`${installation().url}/v1/alerting/configuration`, { method: 'PUT', body: 'route:\n  receiver: nowhere\nreceivers:\n  - name: a\n', headers: { 'x-api-key': acme.apiKey } })
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ code: 'invalid-request', errors: [expect.objectContaining({ line: 2, column: expect.any(Number) })] })
    })
  })
}

/** One receiver that is told at once, as far as a test can wait. */
function configuration(url: string): string {
  return `
route: { receiver: team, group_by: [subject, alertname], group_wait: 3s, group_interval: 1s }
receivers:
  - name: team
    webhook_configs: [{ url: '${url}/team' }]
`
}
