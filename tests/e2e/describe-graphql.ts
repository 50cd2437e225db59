import { describe, expect, test } from '@jest/globals'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { aBreach, anEvent, eventually, type Installation, type TenantClient } from './installation.ts'

const decisionQuery = `query Decision($id: ID!) { event(id: $id) {
  id outcome findings { rule citation severity } risk { score factors { name contribution } }
  violations { id status severity alerts { id status } } } }`

interface Decision {
  readonly id: string
  readonly outcome: string
  readonly findings: { rule: string; citation: string; severity: string }[]
  readonly risk: { score: number; factors: { name: string; contribution: number }[] } | null
  readonly violations: { id: string; status: string; severity: string; alerts: { id: string; status: string }[] }[]
}

/** The graph as analysts see it: over the public address, with the key that REST takes. */
export function describeGraphql(installation: () => Installation): void {
  const ask = async (client: TenantClient, query: string, variables: Record<string, unknown> = {}) => {
    const { status, body } = await client.ask('POST', '/graphql', { query, variables })
    return { status, data: body['data'] as Record<string, never>, errors: body['errors'] as { extensions: { code: string } }[] | undefined }
  }
  const decisionOf = async (client: TenantClient, id: string) => (await ask(client, decisionQuery, { id })).data['event'] as unknown as Decision | null

  describe('the graph', () => {
    test('one query tells of an event what five services know: outcome, findings, score, violations, alerts, tenant', async () => {
      const { acme } = installation()
      await acme.post(aBreach('graph-1'))
      const rest = await acme.decisionOf('graph-1')
      const decision = await eventually('the alert of graph-1', async () => {
        const found = await decisionOf(acme, 'graph-1')
        return found !== null && found.violations.every(({ alerts }) => alerts.length === 1) && found
      })
      expect(decision).toMatchObject({ id: 'graph-1', outcome: 'processed' })
      const { findings, risk, violations } = decision
      expect(findings).toContainEqual({ rule: 'vppa.2710b.no-consent', citation: expect.stringContaining('2710(b)'), severity: 'critical' })
      expect(findings.map(({ rule }) => rule)).toEqual((rest['findings'] as Decision['findings']).map(({ rule }) => rule))
      expect(risk).toEqual(rest['risk'])
      expect(risk?.factors.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(risk?.score ?? Number.NaN)
      expect(violations.map(({ id }) => id)).toEqual(rest['violations'])
      const { data } = await ask(acme, '{ event(id: "graph-1") { tenant { id name } ruleSet { version rules { id } } subject { id violations { event { id } } } } }')
      expect(data['event']).toMatchObject({ tenant: { id: 'acme', name: 'Acme Streaming' }, subject: { id: 'viewer-of-graph-1', violations: violations.map(() => ({ event: { id: 'graph-1' } })) } })
    })

    test('a viewer is found with its risk once its profile is written', async () => {
      const { acme } = installation()
      await acme.post(anEvent('graph-viewer', { subject: 'graph-viewer' }))
      const subject = await eventually('the viewer', async () => (await ask(acme, '{ subject(id: "graph-viewer") { id risk { score factors { name } } violations { id } } }')).data['subject'] ?? undefined)
      expect(subject).toMatchObject({ id: 'graph-viewer', risk: { score: expect.any(Number) }, violations: [] })
    })

    test('another tenant finds nothing of it, by no way into the graph', async () => {
      const { acme, globex } = installation()
      const [{ id, alerts }] = (await decisionOf(acme, 'graph-1'))?.violations as [Decision['violations'][number]]
      const { data, errors } = await ask(
        globex,
        `query ($v: ID!, $a: ID!) { event(id: "graph-1") { id } violation(id: $v) { id } alert(id: $a) { id } subject(id: "viewer-of-graph-1") { id } violations { nodes { id } } alerts { nodes { id } } tenant { id } }`,
        { v: id, a: alerts[0]?.id },
      )
      expect(errors).toBeUndefined()
      expect(data).toMatchObject({ event: null, violation: null, alert: null, subject: null, tenant: { id: 'globex' } })
      expect(JSON.stringify(data)).not.toContain(id)
      expect(await ask(globex, 'mutation ($id: ID!) { acknowledgeViolation(id: $id) { id } }', { id })).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
    })

    test('a violation is acknowledged once, with the key that did it, and REST shows it', async () => {
      const { acme } = installation()
      const [{ id }] = (await decisionOf(acme, 'graph-1'))?.violations as [Decision['violations'][number]]
      const mutation = 'mutation ($id: ID!) { acknowledgeViolation(id: $id) { id status acknowledgedAt acknowledgedBy } }'
      const first = await ask(acme, mutation, { id })
      expect(first.data).toMatchObject({ acknowledgeViolation: { id, status: 'acknowledged', acknowledgedBy: expect.stringMatching(/./) } })
      expect((await ask(acme, mutation, { id })).data).toEqual(first.data)
      expect((await acme.get(`/v1/violations/${id}`)).body).toMatchObject({ status: 'acknowledged' })
    })

    test('a case is worked in the graph: assigned, commented on, looked into, closed, and its course is told', async () => {
      const { acme } = installation()
      await acme.post(aBreach('graph-case'))
      const id = await eventually('its violation', async () => (await decisionOf(acme, 'graph-case'))?.violations[0]?.id)
      const worked = await ask(
        acme,
        `mutation ($id: ID!) {
          assigned: assignViolation(id: $id, assignee: "kim") { assignee version }
          said: commentOnViolation(id: $id, text: "asked the partner") { text by }
          review: startReview(id: $id) { status }
          closed: resolveViolation(id: $id, reason: "stopped") { status isOngoing closedAt dueTimes { resolveBy isResolveOverdue } comments { text } history { version change reason } }
        }`,
        { id },
      )
      expect(worked.errors).toBeUndefined()
      expect(worked.data).toMatchObject({
        assigned: { assignee: 'kim', version: 2 },
        said: { text: 'asked the partner' },
        review: { status: 'in_review' },
        closed: { status: 'resolved', isOngoing: false, dueTimes: { isResolveOverdue: false }, comments: [{ text: 'asked the partner' }] },
      })
      expect((worked.data as unknown as { closed: { history: unknown } }).closed.history).toEqual([
        ...[{ version: 1, change: 'opened', reason: null }, { version: 2, change: 'assigned', reason: null }],
        ...[{ version: 3, change: 'review_started', reason: null }, { version: 4, change: 'resolved', reason: 'stopped' }],
      ])
      const refused = await ask(acme, 'mutation ($id: ID!) { acknowledgeViolation(id: $id) { id } }', { id })
      expect(refused).toMatchObject({ errors: [{ extensions: { code: 'CONFLICT' } }] })
      const { body } = await acme.get(`/v1/violations/${id}`)
      expect(body).toMatchObject({ status: 'resolved', assignee: 'kim', version: 4 })
    })

    test('closing a case labels the events that gave evidence for it, for the models to learn from', async () => {
      const { acme } = installation()
      await acme.post(aBreach('graph-label'))
      const id = await eventually('its violation', async () => (await decisionOf(acme, 'graph-label'))?.violations[0]?.id)
      expect(await ask(acme, 'mutation ($id: ID!) { markFalsePositive(id: $id, reason: "a test account") { status } }', { id })).toMatchObject({ data: { markFalsePositive: { status: 'false_positive' } } })
      const label = await eventually('the label', async () => ((await acme.get('/v1/labels?limit=500')).body['items'] as { eventId: string }[]).find(({ eventId }) => eventId === 'graph-label'))
      expect(label).toMatchObject({ verdict: 'false-positive', note: 'a test account' })
    })

    test('without a valid key there is no answer, and what asks for too much is refused', async () => {
      const { acme } = installation()
      const anonymous = await fetch(`${installation().url}/graphql`, { method: 'POST', body: '{"query":"{ tenant { id } }"}', headers: { 'content-type': 'application/json' } })
      expect(anonymous.status).toBe(401)
      const costly = '{ violations(first: 100) { nodes { evidence { event { violations { evidence { event { id } } } } } } } }'
      expect(await ask(acme, costly)).toMatchObject({ errors: [{ extensions: { code: 'QUERY_TOO_COSTLY' } }] })
      const deep = `{ event(id: "x") ${'{ violations { event '.repeat(8)}{ id }${' } }'.repeat(8)} }`
      expect((await ask(acme, deep)).errors).toBeDefined()
    })

    test('a subscription shows a violation within a second of the post, and another tenant nothing', async () => {
      const { acme, globex, url } = installation()
      const seen: Record<'acme' | 'globex', Record<string, unknown>[]> = { acme: [], globex: [] }
      const clients = [acme, globex].map(({ id, apiKey }) => {
        const client = createClient({ url: `${url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, connectionParams: { 'x-api-key': apiKey } })
        const opened = new Promise((resolve) => client.on('connected', resolve))
        client.subscribe({ query: 'subscription { violationOpened { id rule severity event { id } } }' }, { next: ({ data }) => void seen[id as 'acme'].push(data ?? {}), error: (error) => { throw error as Error }, complete: () => undefined })
        return { client, opened }
      })
      try {
        await Promise.all(clients.map(({ opened }) => opened))
        // The subscribe message follows on the heels of the acknowledged connection; the post is judged later than that.
        const tookMs: number[] = []
        for (let n = 1; n <= 5; n++) {
          const before = seen.acme.length
          const postedAtMs = performance.now()
          await acme.post(aBreach(`graph-live-${n}`))
          await eventually('the violation', async () => seen.acme.length > before)
          tookMs.push(performance.now() - postedAtMs)
        }
        expect(seen.acme[0]).toMatchObject({ violationOpened: { rule: expect.stringMatching(/^vppa\./), severity: expect.any(String), event: { id: 'graph-live-1' } } })
        process.stderr.write(`from the post to the subscriber: ${tookMs.map((ms) => Math.round(ms)).join(', ')} ms\n`)
        expect(Math.min(...tookMs)).toBeLessThan(1_000)
        expect(seen.globex).toEqual([])
      } finally {
        for (const { client } of clients) await client.dispose()
      }
    })
  })
}
