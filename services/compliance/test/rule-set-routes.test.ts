import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { ruleSetConfigured } from '@ott/contracts/rule-set-configured'
import { createMemoryBus, type MemoryBus } from '@ott/pipeline/memory-bus'
import { stringify } from 'yaml'
import type { ConfigurationAnnouncer } from '@ott/pipeline/announce-configuration'
import { shadowsMax } from '../src/rulesets/rule-set-transitions.ts'
import { recordTenantRuleSet, readRuleSets } from '../src/rule-set-store.ts'
import { tenantRuleSets } from '../src/rulesets/tenant-rule-sets.ts'
import { rulesInForce } from '../src/rules-in-force.ts'
import { aComplianceDatabase, type ComplianceDatabase } from './compliance-database.ts'
import { anAnnouncer, aRuleSetApi, builtin, createConfigTopics, until, type RuleSetApi } from './rule-set-fixture.ts'

const ownRule = (when: string) =>
  stringify({
    rules: [
      {
        ...{ id: 'own.rule', title: 'Ours', citation: 'Handbook § 1', source: 'https://example.com/', severity: 'low', eventTypes: ['com.ott.ad.impression.v1'] },
        ...{ when, message: 'M', remediation: 'Stop.' },
        examples: ['a', 'b', 'c', 'd'].map((name, index) => ({ name, fires: index < 2, data: { campaignId: 'c', personalised: index < 2 } })),
      },
    ],
  })
const definition = { name: 'Ours', packs: ['gdpr'], overrides: [{ rule: 'gdpr.art7.withdrawn-consent', severity: 'critical' }], ownRules: ownRule('event.data.personalised') }
const faulty = { ...definition, ownRules: ownRule('event.data.personalised\n&& event.data.nowhere') }
const impossible = { ...definition, ownRules: ownRule('event.data.personalised && !event.data.personalised') }

let db: ComplianceDatabase
let bus: MemoryBus
let announcer: ConfigurationAnnouncer
let api: RuleSetApi
beforeAll(async () => {
  db = await aComplianceDatabase()
  bus = createMemoryBus()
  await createConfigTopics(bus)
  announcer = await anAnnouncer(db.service, bus)
  api = await aRuleSetApi(db.service, announcer.announce)
})
afterAll(async () => {
  await api?.[Symbol.asyncDispose]()
  await announcer?.stop()
  await bus?.close()
  await db?.[Symbol.asyncDispose]()
})
beforeEach(() => db.empty())

const [ann, ben] = [(...given: Parameters<ReturnType<RuleSetApi['as']>>) => api.as('ann')(...given), (...given: Parameters<ReturnType<RuleSetApi['as']>>) => api.as('ben')(...given)]
const aDraft = async (given: object = definition) => (await ann('POST', '/v1/rulesets', given)).body.id
const at = (id: string, action = '') => `/v1/rulesets/${id}${action}`
async function aPublished(given: object = definition): Promise<string> {
  const id = await aDraft(given)
  for (const answer of [await ann('POST', at(id, ':shadow')), await ben('POST', at(id, ':approve')), await ann('POST', at(id, ':publish'))]) expect(answer.status).toBe(200)
  return id
}
const lastTold = (id: string) => bus.readAll(ruleSetConfigured.topic).filter(({ key }) => key === `acme:${id}`).map(({ value }) => (JSON.parse(String(value)) as { data: Record<string, unknown> }).data).at(-1)

describe('a draft', () => {
  test('is kept with its version, author and address, and shown again', async () => {
    const created = await ann('POST', '/v1/rulesets', definition)
    expect([created.status, created.headers.get('location'), created.headers.get('etag')]).toEqual([201, at(created.body.id), '"1"'])
    expect(created.body).toMatchObject({ number: 1, status: 'draft', definition, authors: ['acme-ann'], approvedBy: null, transitions: [{ action: 'create', by: 'acme-ann' }] })
    expect(created.body['version']).toMatch(/^acme-[0-9a-f]{12}$/)
    const { problems, ...kept } = created.body
    expect(problems).toEqual([])
    expect((await ben('GET', at(created.body.id))).body).toEqual(kept)
    expect((await ann('POST', '/v1/rulesets', definition)).body).toMatchObject({ number: 2 })
  })

  test('may come as YAML, whose faults are told with line and column of the file', async () => {
    const yaml = stringify(definition)
    const created = await ann('POST', '/v1/rulesets', yaml, { 'content-type': 'application/yaml' })
    expect([created.status, created.body['definition']]).toEqual([201, definition])
    const wrong = await ann('POST', '/v1/rulesets', yaml.replace('severity: critical', 'severity: lethal'), { 'content-type': 'application/yaml' })
    expect(wrong).toMatchObject({ status: 400, body: { code: 'invalid-request', errors: [{ field: 'overrides.0.severity', line: 6, column: 15 }] } })
    const unsound = stringify(faulty)
    const drafted = await ann('POST', '/v1/rulesets', unsound, { 'content-type': 'application/yaml' })
    const [{ line, column }] = drafted.body['problems'] as [{ line: number; column: number }]
    expect([drafted.status, unsound.split('\n')[line - 1]?.slice(column - 1)]).toEqual([201, 'event.data.nowhere'])
    expect(await ann('POST', '/v1/rulesets', 'name: [', { 'content-type': 'application/yaml' })).toMatchObject({ status: 400, body: { errors: [{ line: 1 }] } })
  })

  test('is changed by who has seen its state, and by nobody else', async () => {
    const id = await aDraft()
    expect(await ann('PUT', at(id), definition)).toMatchObject({ status: 428, body: { code: 'precondition-required' } })
    expect(await ann('PUT', at(id), { ...definition, name: 'Other' }, { 'if-match': '"1"' })).toMatchObject({ status: 200, body: { name: 'Other', revision: 2 } })
    expect(await ben('PUT', at(id), definition, { 'if-match': '"1"' })).toMatchObject({ status: 412, body: { code: 'precondition-failed' } })
    expect((await ann('GET', at(id))).body).toMatchObject({ name: 'Other', authors: ['acme-ann'] })
  })

  test('may have faulty rules, which a check tells with line and column of the own rules', async () => {
    const id = await aDraft(faulty)
    expect((await ann('GET', at(id))).body['version']).toBeNull()
    const { status, body } = await ann('POST', at(id, ':check'))
    expect(status).toBe(200)
    expect(body).toMatchObject({ ok: false, problems: [{ field: 'ownRules.own.rule.when', problem: expect.stringContaining('no field data.nowhere') }] })
    const [{ line, column }] = body['problems'] as [{ line: number; column: number }]
    expect(faulty.ownRules.split('\n')[line - 1]?.slice(column - 1)).toBe('event.data.nowhere')
  })

  test.each([
    ['whose fields do not exist', faulty, 'no field'],
    ['that can never be true', impossible, 'can never be true'],
    ['whose packs do not exist', { ...definition, packs: ['nowhere'], overrides: [] }, 'no pack'],
  ])('with rules %s goes nowhere', async (_what, given, problem) => {
    const id = await aDraft(given)
    for (const action of [':shadow', ':approve', ':publish']) {
      const answer = await ben('POST', at(id, action))
      expect(answer).toMatchObject({ status: 422, body: { code: 'invalid-rules' } })
      expect(JSON.stringify(answer.body.errors)).toContain(problem)
    }
    expect((await ann('GET', at(id))).body).toMatchObject({ status: 'draft', approvedBy: null })
  })

  test.each([
    ['no definition', {}],
    ['unknown fields', { ...definition, extra: 1 }],
    ['a body that is no object', [1]],
    ['__proto__', '{"name":"x","packs":"all","__proto__":{"a":1}}'],
  ])('of %s is refused', async (_what, given) => {
    expect(await ann('POST', '/v1/rulesets', given)).toMatchObject({ status: 400, body: { code: 'invalid-request' } })
  })

  test('over the limit is refused', async () => {
    expect(await ann('POST', '/v1/rulesets', { ...definition, ownRules: 'x'.repeat(600_000) })).toMatchObject({ status: 413 })
    expect(await ann('POST', '/v1/rulesets', { ...definition, ownRules: 'x'.repeat(205_000) })).toMatchObject({ status: 400 })
  })
})

describe('the gate', () => {
  test('needs approval by another key than those that wrote it', async () => {
    const id = await aDraft()
    expect(await ann('POST', at(id, ':publish'))).toMatchObject({ status: 409, body: { code: 'not-approved' } })
    expect(await ann('POST', at(id, ':approve'))).toMatchObject({ status: 409, body: { code: 'self-approval' } })
    await ben('PUT', at(id), definition, { 'if-match': '"1"' })
    expect(await ben('POST', at(id, ':approve'))).toMatchObject({ status: 409, body: { code: 'self-approval' } })
    expect(await api.as('cat')('POST', at(id, ':approve'))).toMatchObject({ status: 200, body: { approvedBy: 'acme-cat' } })
  })

  test('needs evidence: shadow, a finished backtest of these very rules, or a reason that is kept', async () => {
    const publish = (id: string) => ann('POST', at(id, ':publish'))
    const bare = await aDraft()
    await ben('POST', at(bare, ':approve'))
    expect(await publish(bare)).toMatchObject({ status: 409, body: { code: 'no-evidence' } })
    expect(await ben('POST', at(bare, ':approve'), { withoutEvidence: true })).toMatchObject({ status: 400 })
    expect(await ben('POST', at(bare, ':approve'), { withoutEvidence: true, reason: 'Ordered by the court today.' })).toMatchObject({ status: 200, body: { withoutEvidence: 'Ordered by the court today.' } })
    expect(await publish(bare)).toMatchObject({ status: 200, body: { status: 'published' } })
    expect((await ann('GET', at(bare))).body['transitions']).toEqual(expect.arrayContaining([expect.objectContaining({ action: 'approve', by: 'acme-ben', reason: 'Ordered by the court today.' })]))

    const tested = await aDraft({ ...definition, packs: ['gdpr', 'vppa'] })
    await ben('POST', at(tested, ':approve'))
    const backtest = (version: unknown, status: string) =>
      db.admin.query(
        `insert into compliance.backtests (tenant_id, id, rule_set_id, live_version, candidate_version, from_at, to_at, status) values ('acme', gen_random_uuid(), $1, 'builtin', $2, now(), now(), $3)`,
        [tested, version, status],
      )
    const { version } = (await ann('GET', at(tested))).body
    await backtest(version, 'running')
    await backtest('acme-another', 'finished')
    expect(await publish(tested)).toMatchObject({ status: 409, body: { code: 'no-evidence' } })
    await backtest(version, 'finished')
    expect(await publish(tested)).toMatchObject({ status: 200 })
  })

  test('forgets an approval when the draft is changed', async () => {
    const id = await aDraft()
    await ben('POST', at(id, ':approve'), { withoutEvidence: true, reason: 'Ordered by the court.' })
    expect((await ann('PUT', at(id), definition, { 'if-match': '"1"' })).body).toMatchObject({ approvedBy: null, withoutEvidence: null })
    expect(await ann('POST', at(id, ':publish'))).toMatchObject({ status: 409, body: { code: 'not-approved' } })
  })
})

describe('beyond the draft', () => {
  test('nothing changes but its status', async () => {
    const id = await aDraft()
    await ann('POST', at(id, ':shadow'))
    expect(await ann('PUT', at(id), definition, { 'if-match': '"1"' })).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect(await ann('POST', at(id, ':shadow'))).toMatchObject({ status: 409, body: { code: 'conflict' } })
  })

  test('one is published: the next retires it, and it comes back with the approval it has', async () => {
    const first = await aPublished()
    const second = await aPublished({ ...definition, packs: 'all' })
    expect((await ann('GET', at(first))).body).toMatchObject({ status: 'retired', approvedBy: 'acme-ben' })
    expect([lastTold(second)?.['status'], lastTold(first)?.['status'], lastTold(first)?.['definition']]).toEqual(['published', 'retired', undefined])

    expect(await ann('POST', at(first, ':publish'))).toMatchObject({ status: 200, body: { status: 'published', approvedBy: 'acme-ben', retiredAt: null } })
    expect((await ann('GET', at(second))).body).toMatchObject({ status: 'retired' })
    const trail = (await ann('GET', at(first))).body['transitions'] as { action: string; by: string }[]
    expect(trail.map(({ action, by }) => `${action} ${by}`)).toEqual(['create acme-ann', 'shadow acme-ann', 'approve acme-ben', 'publish acme-ann', 'supersede acme-ann', 'publish acme-ann'])
    const listed = await ann('GET', '/v1/rulesets?status=published')
    expect((listed.body['items'] as { id: string }[]).map(({ id }) => id)).toEqual([first])
  })

  test('what was retired without ever being published stays so', async () => {
    const id = await aDraft()
    await ben('POST', at(id, ':approve'))
    await ann('POST', at(id, ':retire'))
    expect(await ann('POST', at(id, ':publish'))).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect(lastTold(id)).toBeUndefined()
  })

  test('of two that are published at once both end well, and one is in force', async () => {
    const ids = await Promise.all([0, 1, 2].map(async (n) => {
      const id = await aDraft({ ...definition, name: `Set ${n}` })
      await ben('POST', at(id, ':approve'), { withoutEvidence: true, reason: 'For the race in this test.' })
      return id
    }))
    expect((await Promise.all(ids.map((id) => ann('POST', at(id, ':publish'))))).map(({ status }) => status)).toEqual([200, 200, 200])
    const statuses = await db.admin.query<{ status: string; n: number }>('select status, count(*)::int as n from compliance.tenant_rule_sets group by 1 order by 1')
    expect(statuses).toEqual([{ status: 'published', n: 1 }, { status: 'retired', n: 2 }])
    const sequences = await db.admin.query<{ sequence: string }>('select sequence from compliance.rule_set_transitions order by 1')
    expect(new Set(sequences.map(({ sequence }) => sequence)).size).toBe(sequences.length)
  })

  test('a bounded number judges beside the rules in force', async () => {
    const answers = []
    for (let n = 0; n <= shadowsMax; n++) answers.push((await ann('POST', at(await aDraft(), ':shadow'))).status)
    expect(answers).toEqual([...Array<number>(shadowsMax).fill(200), 409])
  })
})

describe('other tenants', () => {
  test('see and change nothing of it', async () => {
    const id = await aPublished()
    const stranger = api.as('ann', 'globex')
    for (const [method, path] of [['GET', at(id)], ['POST', at(id, ':check')], ['POST', at(id, ':retire')], ['POST', at(id, ':approve')]] as const) {
      expect(await stranger(method, path)).toMatchObject({ status: 404, body: { code: 'not-found' } })
    }
    expect(await stranger('PUT', at(id), definition, { 'if-match': '"1"' })).toMatchObject({ status: 404 })
    expect((await stranger('GET', '/v1/rulesets')).body['items']).toEqual([])
  })

  test('find no version of it', async () => {
    await recordTenantRuleSet(db.service, 'acme', { ...builtin.rules, version: 'acme-1' }, Date.now())
    expect([...(await readRuleSets(db.service, 'acme', ['acme-1'])).keys()]).toEqual(['acme-1'])
    expect([...(await readRuleSets(db.service, 'globex', ['acme-1'])).keys()]).toEqual([])
  })
})

test('a list shows newest first, in pages, and leaves the own rules out', async () => {
  for (let n = 0; n < 5; n++) await aDraft({ ...definition, name: `Set ${n}` })
  const seen: string[] = []
  for (let cursor: unknown = ''; cursor !== null; ) {
    const { body } = await ann('GET', `/v1/rulesets?limit=2${cursor === '' ? '' : `&cursor=${String(cursor)}`}`)
    seen.push(...(body['items'] as { name: string; definition: object }[]).map(({ name, definition: shown }) => `${name}${'ownRules' in shown ? '!' : ''}`))
    cursor = body['next']
  }
  expect(seen).toEqual(['Set 4', 'Set 3', 'Set 2', 'Set 1', 'Set 0'])
})

test.each(['/v1/rulesets/none', '/v1/rulesets/00000000-0000-0000-0000-000000000000', "/v1/rulesets/'%20or%201=1"])('%s is not found', async (path) => {
  expect(await ann('GET', path)).toMatchObject({ status: 404 })
})

test('rule sets are found for backtests and explanations by id and by version, of the tenant alone', async () => {
  const id = await aDraft()
  const known = tenantRuleSets({ database: db.service, directory: { inForce: () => rulesInForce(builtin.rules) }, builtin })
  const candidate = await known.candidate('acme', id)
  expect(candidate?.rules.map(({ id: rule }) => rule)).toContain('own.rule')
  expect((await known.byVersion('acme', candidate?.version ?? ''))?.version).toBe(candidate?.version)
  expect(await known.candidate('acme', 'builtin')).toBe(builtin.rules)
  expect(await known.candidate('globex', id)).toBeUndefined()
  expect(await known.byVersion('globex', candidate?.version ?? '')).toBeUndefined()
  await db.admin.query(`update compliance.tenant_rule_sets set version = 'acme-of-older-packs'`)
  await known.candidate('acme', id)
  expect((await known.byVersion('acme', candidate?.version ?? ''))?.version).toBe(candidate?.version)
  await expect(known.candidate('acme', await aDraft(faulty))).rejects.toMatchObject({ code: 'invalid-rules' })
})

describe('regulations', () => {
  test('are shown with their rules, citations and sources', async () => {
    const { body } = await ann('GET', '/v1/regulations')
    expect(body['items']).toEqual(expect.arrayContaining([{ id: 'vppa', name: 'Video Privacy Protection Act', jurisdictions: expect.arrayContaining(['US']), rules: expect.any(Number) }]))
    const vppa = await ann('GET', '/v1/regulations/vppa')
    expect(vppa.body['items']).toEqual(expect.arrayContaining([expect.objectContaining({ id: 'vppa.2710b.no-consent', citation: expect.stringContaining('2710(b)'), source: expect.stringMatching(/^https:/) })]))
    expect(await ann('GET', '/v1/regulations/none')).toMatchObject({ status: 404 })
  })

  test('rules are found by regulation, event type and country, and by id', async () => {
    const found = async (query: string) => ((await ann('GET', `/v1/rules?${query}`)).body['items'] as { id: string; regulation: string; eventTypes: string[] }[])
    const shared = await found('eventType=com.ott.viewing-history.shared.v1&country=US')
    expect(shared.map(({ id }) => id)).toContain('vppa.2710b.no-consent')
    expect(shared.every(({ regulation }) => regulation !== 'gdpr')).toBe(true)
    expect(new Set((await found('regulation=gdpr')).map(({ regulation }) => regulation))).toEqual(new Set(['gdpr']))
    expect(await found('regulation=none')).toEqual([])
    expect((await ann('GET', '/v1/rules/vppa.2710b.no-consent')).body).toMatchObject({ id: 'vppa.2710b.no-consent', when: expect.any(String) })
    expect(await ann('GET', '/v1/rules/none')).toMatchObject({ status: 404 })
  })
})

describe('telling every process', () => {
  test('happens later when the broker is away, and is not forgotten by a crash in between', async () => {
    const id = await aDraft()
    bus.setAway(true)
    expect(await ann('POST', at(id, ':shadow'))).toMatchObject({ status: 200, body: { status: 'shadow' } })
    bus.setAway(false)
    expect(lastTold(id)).toBeUndefined()
    // Another process, or this one after a crash, looks for what was kept and not told.
    const later = await anAnnouncer(db.service, bus, 20)
    await until(() => lastTold(id) !== undefined)
    await later.stop()
    expect(lastTold(id)).toMatchObject({ status: 'shadow', definition })
  })

  test('starts anew with a topic that is new, and names only what is still to be known', async () => {
    const [published, retired] = [await aPublished(), await aDraft()]
    await ann('POST', at(retired, ':shadow'))
    await ann('POST', at(retired, ':retire'))
    const other = createMemoryBus()
    await createConfigTopics(other)
    const later = await anAnnouncer(db.service, other, 20)
    await until(() => other.readAll(ruleSetConfigured.topic).length > 0)
    await later.stop()
    expect(other.readAll(ruleSetConfigured.topic).map(({ key }) => key)).toEqual([`acme:${published}`])
  })
})
