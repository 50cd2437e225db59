import { afterAll, describe, expect, test } from '@jest/globals'
import { apiShapes } from '@ott/contracts/api-shapes'
import { anEvent, eventually, type Installation } from './installation.ts'

const definition = {
  name: 'Of the house',
  packs: 'all',
  overrides: [{ rule: 'vppa.2710b.no-consent', severity: 'low' }],
  ownRules: `rules:
  - id: own.no-night-ads
    title: An ad of a campaign that was stopped
    citation: Handbook § 7
    source: https://example.com/handbook
    severity: medium
    eventTypes: [com.ott.ad.impression.v1]
    when: event.data.campaignId == "stopped"
    message: 'Campaign {data.campaignId} is stopped.'
    remediation: Take it out of rotation.
    examples:
      - { name: a, fires: true, data: { campaignId: stopped, personalised: false } }
      - { name: b, fires: true, data: { campaignId: stopped, personalised: true } }
      - { name: c, fires: false, data: { campaignId: other, personalised: false } }
      - { name: d, fires: false, data: { campaignId: another, personalised: true } }
`,
}

/** A tenant's own rules, from the second person's key to the events that are judged by them. */
export function describeRuleSets(installation: () => Installation): void {
  describe('a rule set of a tenant', () => {
    let published = ''
    afterAll(async () => {
      if (published !== '') await installation().acme.ask('POST', `/v1/rulesets/${published}:retire`)
    })

    test('is in force for its tenant alone once a second person has approved it, and named by the events it judges', async () => {
      const { acme, globex, url } = installation()
      const made = await acme.ask('POST', '/v1/tenant/keys', { id: 'second-officer' })
      expect(made.status).toBe(201)
      const second = { 'x-api-key': String(made.body['key']) }
      expect(apiShapes.NewApiKey.strict().parse(made.body)).toEqual(made.body)

      const created = await acme.ask('POST', '/v1/rulesets', definition)
      expect(created.status).toBe(201)
      expect(apiShapes.RuleSet.strict().parse(created.body)).toEqual(created.body)
      const address = String(created.headers.get('location'))
      const checked = await acme.ask('POST', `${address}:check`)
      expect(checked.body).toMatchObject({ ok: true, problems: [] })
      expect(apiShapes.RuleSetCheck.strict().parse(checked.body)).toEqual(checked.body)
      expect((await acme.ask('POST', `${address}:shadow`)).status).toBe(200)
      expect(await acme.ask('POST', `${address}:approve`)).toMatchObject({ status: 409, body: { code: 'self-approval' } })
      const approved = await eventually('the second key', async () => {
        const answer = await fetch(`${url}${address}:approve`, { method: 'POST', headers: second })
        return answer.status === 200 && ((await answer.json()) as Record<string, unknown>)
      })
      expect(approved['approvedBy']).toBe('second-officer')
      const answer = await acme.ask('POST', `${address}:publish`)
      expect(answer).toMatchObject({ status: 200, body: { status: 'published' } })
      published = String(answer.body['id'])

      const stopped = (id: string) => anEvent(id, { type: 'com.ott.ad.impression.v1', data: { campaignId: 'stopped', personalised: false } })
      await acme.post(stopped('own-1'))
      await globex.post(stopped('own-1'))
      const decision = await acme.decisionOf('own-1')
      expect(decision['findings']).toEqual([expect.objectContaining({ rule: 'own.no-night-ads', severity: 'medium' })])
      expect((await globex.decisionOf('own-1'))['findings']).toEqual([])
      expect((await acme.get('/v1/events/own-1/decision')).body).toMatchObject({ ruleSetVersion: answer.body['version'], findings: [{ rule: 'own.no-night-ads' }] })
    })

    test('is in the graph, and other tenants find neither it nor its version', async () => {
      const { acme, globex } = installation()
      const query = `query ($id: ID!, $version: ID!) {
        tenantRuleSet(id: $id) { status isInForce overrides { rule severity } transitions { action by } }
        ruleSet(version: $version) { rules { id } }
        ruleSets(first: 5) { nodes { id } pageInfo { hasNextPage } }
        regulation(id: "vppa") { rules { id citation source } }
      }`
      const { body: shown } = await acme.get(`/v1/rulesets/${published}`)
      const variables = { id: published, version: shown['version'] }
      const own = await eventually('the version', async () => {
        const { body } = await acme.ask('POST', '/graphql', { query, variables })
        const data = body['data'] as Record<string, unknown> | undefined
        return data?.['ruleSet'] !== null && data
      })
      expect(own).toMatchObject({
        tenantRuleSet: { status: 'published', isInForce: true, overrides: [{ rule: 'vppa.2710b.no-consent', severity: 'low' }] },
        ruleSets: { nodes: [{ id: published }], pageInfo: { hasNextPage: false } },
      })
      expect(JSON.stringify(own)).toContain('own.no-night-ads')
      const foreign = (await globex.ask('POST', '/graphql', { query, variables })).body['data']
      expect(foreign).toMatchObject({ tenantRuleSet: null, ruleSet: null, ruleSets: { nodes: [] } })
      const refused = await globex.ask('POST', '/graphql', { query: `mutation { retireRuleSet(id: "${published}") { id } }` })
      expect(refused.body).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
      const conflict = await acme.ask('POST', '/graphql', { query: `mutation { publishRuleSet(id: "${published}") { id } }` })
      expect(conflict.body).toMatchObject({ errors: [{ message: expect.stringMatching(/^conflict: /), extensions: { code: 'CONFLICT' } }] })
    })

    test('and its regulations have the shapes that are promised', async () => {
      const { acme } = installation()
      for (const [path, shape] of [['/v1/regulations', 'RegulationList'], ['/v1/regulations/gdpr', 'Regulation'], ['/v1/rules?country=US', 'RegulationRuleList'], ['/v1/rulesets', 'RuleSetPage'], ['/v1/tenant/keys', 'ApiKeyList']] as const) {
        const { status, body } = await acme.get(path)
        expect([path, status]).toEqual([path, 200])
        expect(apiShapes[shape].parse(body)).toEqual(body)
      }
    })
  })
}
