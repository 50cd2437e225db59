import { describe, expect, test } from '@jest/globals'
import { apiShapes } from '@ott/contracts/api-shapes'
import { aBreach, anEvent, eventually, type Installation } from './installation.ts'

/** Every way in which an event can end, and that tenants never meet. */
export function describeOutcomes(installation: () => Installation): void {
  const ledgerOf = async () => (await installation().acme.get('/v1/ledger')).body as Record<string, number>

  describe('outcomes', () => {
    test('an event sent again, over HTTP or Kafka, is a duplicate: accepted, counted and judged once', async () => {
      const { acme, query } = installation()
      const before = await ledgerOf()
      const event = aBreach('twice')
      await acme.post(event)
      await acme.decisionOf('twice')
      expect((await acme.post([event, event])).status).toBe(202)
      await acme.publish(JSON.stringify(event))
      await eventually('three duplicates', async () => (await ledgerOf())['duplicate'] === (before['duplicate'] ?? 0) + 3)
      expect(await query(`select count(*)::int n from violation.processed_events where event_id = 'twice'`)).toEqual([{ n: 1 }])
      expect(await query(`select count(*)::int n from violation.violations where subject = 'viewer-of-twice'`)).toEqual([{ n: 1 }])
      expect(await acme.decisionOf('twice')).toMatchObject({ outcome: 'processed' })
    })

    test('the same id from another source, or in another tenant, is another event', async () => {
      const { acme, globex, query } = installation()
      await acme.post([anEvent('same-id'), anEvent('same-id', { source: '/another' })])
      await globex.post(anEvent('same-id'))
      await eventually('three events', async () => (await query(`select from violation.processed_events where event_id = 'same-id'`)).length === 3)
    })

    test('a type that its tenant ignores is filtered, from the change on and for that tenant alone', async () => {
      const { acme, globex } = installation()
      const ignored = 'com.ott.profile.updated.v1'
      const profile = (id: string) => anEvent(id, { type: ignored, data: { fields: ['name'] } })
      const changed = await acme.ask('PATCH', '/v1/tenant', { ignoredEventTypes: [ignored] })
      expect(changed).toMatchObject({ status: 200, body: { id: 'acme', ignoredEventTypes: [ignored] } })
      expect(apiShapes.Tenant.strict().parse(changed.body)).toEqual(changed.body)
      // The change travels by a topic: it holds a moment later.
      let n = 0
      const filtered = await eventually('a filtered event', async () => {
        const id = `ignored-${n++}`
        await acme.post(profile(id))
        const decision = await acme.decisionOf(id)
        return decision['outcome'] === 'filtered' && decision
      })
      expect(filtered).toMatchObject({ reason: 'ignored_type', violations: [], risk: null })
      await globex.post(profile('wanted'))
      expect(await globex.decisionOf('wanted')).toMatchObject({ outcome: 'processed' })
      await acme.ask('PATCH', '/v1/tenant', { ignoredEventTypes: [] })
    })

    test('a dead letter is found by its event id and is put back with its own bytes, hence its own id', async () => {
      const { acme } = installation()
      const text = JSON.stringify(anEvent('dead', { type: 'com.ott.not.yet.v1' }))
      await acme.publish(text, { 'content-type': 'application/cloudevents+json' })
      const find = async () => {
        const { body } = await acme.get('/v1/dead-letters?eventId=dead')
        expect(apiShapes.DeadLetterPage.strict().parse(body)).toEqual(body)
        return body['items'] as Record<string, string>[]
      }
      const [letter] = await eventually('the dead letter', async () => (await find()).length === 1 && find())
      expect(letter).toMatchObject({ stage: 'ingest', reason: 'breaks_contract', status: 'dead', eventId: 'dead', value: text })
      expect(await acme.decisionOf('dead')).toMatchObject({ outcome: 'dead_lettered', reason: expect.stringContaining('type') })

      expect(await acme.ask('POST', '/v1/dead-letters:redrive', { ids: [letter?.['id']] })).toMatchObject({ status: 200, body: { redriven: 1 } })
      acme.accepted += 1
      const letters = await eventually('the letter of the second try', async () => (await find()).length === 2 && find())
      expect(letters.map(({ status, value, id }) => [status, value, id === letter?.['id']])).toEqual([
        ['redriven', text, true],
        ['dead', text, false],
      ])
      expect((await acme.ask('POST', '/v1/dead-letters:redrive', { ids: [letter?.['id']] })).body).toEqual({ redriven: 0 })
    })

    test('an event that carries an attack is marked, and not let in where its tenant blocks attacks, by either road', async () => {
      const { acme, query } = installation()
      const anAttack = (id: string) => anEvent(id, { data: { contentId: 'c-1', title: "1' union select password from users --" } })
      const findingsOf = async (id: string) => {
        const { body } = await acme.get(`/v1/attack-findings?eventId=${id}`)
        expect(apiShapes.AttackFindingPage.strict().parse(body)).toEqual(body)
        return body['items'] as Record<string, unknown>[]
      }
      expect((await acme.post(anAttack('marked'))).status).toBe(202)
      expect(await acme.decisionOf('marked')).toMatchObject({ outcome: 'processed' })
      expect(await findingsOf('marked')).toMatchObject([{ action: 'marked', classes: ['sqli'], findings: [{ path: 'data.title', excerpt: expect.not.stringContaining("'") }] }])

      expect(await acme.ask('PATCH', '/v1/tenant', { screening: 'block' })).toMatchObject({ status: 200, body: { screening: 'block' } })
      let n = 0
      const refused = await eventually('a refusal', async () => {
        const answer = await acme.post(anAttack(`refused-${n++}`))
        return answer.status === 422 && answer
      })
      expect(refused.body).toMatchObject({ code: 'attack-detected', errors: [{ field: 'data.title', problem: expect.stringContaining('sqli') }] })
      const text = JSON.stringify(anAttack('blocked'))
      await acme.publish(text)
      const letters = async () => (await acme.get('/v1/dead-letters?eventId=blocked')).body['items'] as Record<string, string>[]
      const [letter] = await eventually('the dead letter', async () => (await letters()).length === 1 && letters())
      expect(letter).toMatchObject({ stage: 'ingest', reason: 'attack_blocked', status: 'dead', value: text })
      expect(await findingsOf('blocked')).toMatchObject([{ action: 'blocked' }])

      await acme.ask('PATCH', '/v1/tenant', { screening: 'mark' })
      await eventually('the change', async () => (await acme.post(anAttack(`again-${n++}`))).status === 202)
      await acme.ask('POST', '/v1/dead-letters:redrive', { ids: [letter?.['id']] })
      acme.accepted += 1
      await eventually('the event itself', async () => (await query(`select from violation.processed_events where event_id = 'blocked'`)).length === 1)
      expect(await findingsOf('blocked')).toMatchObject([{ action: 'marked' }])
    })

    test("one viewer's events stay in order through every stage while others pass", async () => {
      const { acme, query } = installation()
      const viewers = ['order-a', 'order-b', 'order-c', 'order-d']
      const events = Array.from({ length: 200 }, (_, n) => anEvent(`order-${n}`, { subject: viewers[n % 4] ?? '', type: 'com.ott.signin.failed.v1', data: {} }))
      for (let start = 0; start < events.length; start += 20) expect((await acme.post(events.slice(start, start + 20))).status).toBe(202)
      const seen = await eventually('200 events', async () => {
        const rows = await query<{ subject: string; n: number; failures: number }>(
          `select subject, split_part(event_id, '-', 2)::int as n, (select (f->>'value')::int from json_array_elements(risk->'factors') f where f->>'name' = 'signInFailures') as failures
           from violation.processed_events where subject = any($1) order by 2`,
          [viewers],
        )
        return rows.length === events.length && rows
      })
      // Each score counts the failures before it: the n-th event of a viewer must have seen exactly n.
      for (const viewer of viewers) {
        const failures = seen.filter(({ subject }) => subject === viewer).map((row) => row.failures)
        expect(failures).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
      }
    })
  })

  describe('tenants', () => {
    test('nothing of one can be read by another, at any address', async () => {
      const { acme, globex } = installation()
      await acme.post(aBreach('acme-only', { subject: 'acme-viewer' }))
      await acme.publish('{"id":"acme-dead"}')
      const { violations } = (await acme.decisionOf('acme-only')) as { violations: string[] }
      await eventually('the dead letter', async () => ((await acme.get('/v1/dead-letters?eventId=acme-dead')).body['items'] as unknown[]).length > 0)
      expect((await globex.get('/v1/events/acme-only')).status).toBe(404)
      expect((await globex.get(`/v1/violations/${violations[0]}`)).status).toBe(404)
      for (const path of ['/v1/violations?subject=acme-viewer', `/v1/alerts?violationId=${violations[0]}`, '/v1/dead-letters?eventId=acme-dead']) {
        expect((await globex.get(path)).body).toEqual({ items: [], next: null })
      }
      for (const path of ['/v1/violations', '/v1/alerts', '/v1/dead-letters', '/v1/ledger', '/v1/tenant']) {
        const { status, body } = await globex.get(`${path}?limit=500`)
        expect([path, status]).toEqual([path, 200])
        expect(JSON.stringify(body)).not.toContain('acme')
      }
    })

    test("one tenant's redrive leaves another's dead letters alone", async () => {
      const { acme, globex } = installation()
      const { body } = await acme.get('/v1/dead-letters?eventId=acme-dead')
      const [letter] = body['items'] as { id: string }[]
      expect((await globex.ask('POST', '/v1/dead-letters:redrive', { ids: [letter?.id] })).body).toEqual({ redriven: 0 })
      expect((await globex.ask('POST', '/v1/dead-letters:redrive', { stage: 'ingest' })).body).toEqual({ redriven: 0 })
      expect((await acme.get('/v1/dead-letters?eventId=acme-dead')).body).toEqual(body)
    })
  })
}
