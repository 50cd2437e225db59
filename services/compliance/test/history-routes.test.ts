import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import { serveForTest, type ServedApp } from '@ott/http/serve-for-test'
import { evaluate } from '@ott/regulations/evaluate'
import { observe, stepsOf, type ObservedEvent } from '@ott/regulations/observe'
import { emptyTimeline } from '@ott/regulations/timeline'
import { addBacktestRoutes } from '../src/backtest/backtest-routes.ts'
import { addExplanationRoutes } from '../src/explanation/explanation-routes.ts'
import type { KnownRuleSets } from '../src/known-rule-sets.ts'
import { addShadowRoutes } from '../src/shadow/shadow-routes.ts'
import { backtestStartMs, candidateRules, liveRules } from './backtest-fixture.ts'
import { aComplianceDatabase, keepEvents, keptEvent, type ComplianceDatabase } from './compliance-database.ts'

const nowMs = backtestStartMs + 90 * 86_400_000
const ruleSets: KnownRuleSets = {
  live: () => liveRules,
  candidate: (tenantId, id) => Promise.resolve(tenantId === 'acme' && id === 'rs-1' ? candidateRules : undefined),
  byVersion: (_tenantId, version) => Promise.resolve(version === liveRules.version ? liveRules : undefined),
}
const tenants = new Map(['acme', 'globex'].map((tenantId) => [`key-of-${tenantId}`, { tenantId } as TenantConfiguration]))
const directory = { findByKey: (key: string) => tenants.get(key), isCaughtUp: () => true }

let db: ComplianceDatabase
let app: ServedApp
let woken = 0
beforeAll(async () => {
  db = await aComplianceDatabase()
  const options = { directory, database: db.service, ruleSets, nowMs: () => nowMs, onCreated: () => void woken++ }
  app = await serveForTest({
    routes(express) {
      addExplanationRoutes(express, options)
      addBacktestRoutes(express, options)
      addShadowRoutes(express, options)
    },
  })
})
afterAll(async () => {
  await app?.[Symbol.asyncDispose]()
  await db?.[Symbol.asyncDispose]()
})
beforeEach(() => db.empty())

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

async function ask(method: string, path: string, body?: unknown, tenant: string | undefined = 'acme'): Promise<Answer> {
  const response = await fetch(`${app.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(tenant === undefined ? {} : { 'x-api-key': `key-of-${tenant}` }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, unknown> }
}

const at = (minutes: number) => backtestStartMs + minutes * 60_000
const story = (n: number, minutes: number, type: string, data: Record<string, unknown>, subject = 'viewer-1') =>
  keptEvent(n, { key: '', type, subject, time: new Date(at(minutes)).toISOString(), receivedAtMs: at(minutes), data }, n % 2)

describe('GET /v1/events/{id}/decision', () => {
  const employee = { actor: 'e-1', actorRole: 'employee', records: 1 }
  const kept = [
    story(1, 0, 'com.ott.ad.impression.v1', { campaignId: 'c-1', personalised: true }),
    story(2, 1, 'com.ott.ad.impression.v1', { campaignId: 'c-1', personalised: false }),
    ...['a', 'b', 'c'].map((viewer, n) => story(3 + n, 2 + n, 'com.ott.personal-data.accessed.v1', employee, viewer)),
    story(6, 6, 'com.ott.personal-data.exported.v1', employee, 'd'),
  ]

  /** As stage and violation would have left them. */
  async function judge(version = liveRules.version, tenantId = 'acme'): Promise<void> {
    await keepEvents(db, tenantId, kept)
    let timeline = emptyTimeline
    for (const { id, key, event: told } of kept) {
      const event: ObservedEvent = { ...told, key }
      const findings = evaluate(event, liveRules)
      for (const [, steps] of stepsOf(event, liveRules, () => undefined)) {
        const seen = observe(timeline, event, steps, 0)
        timeline = seen.timeline
        for (const { rule, proof } of seen.broken) findings.push({ ...evaluate(event, liveRules)[0], ...liveRules.byKey.get(rule), rule: liveRules.byKey.get(rule)?.id, ...proof } as never)
      }
      await db.admin.query('insert into violation.processed_events (tenant_id, event_key, event_id, type, event_time, received_at, rule_set_version, findings) values ($1, $2, $3, $4, $5, $6, $7, $8)', [
        tenantId,
        key,
        id,
        event.type,
        event.time,
        new Date(event.receivedAtMs),
        version,
        JSON.stringify(findings),
      ])
    }
    await db.admin.query('insert into compliance.timelines (tenant_id, name, timeline) values ($1, $2, $3)', [tenantId, 'data.actor:e-1', JSON.stringify(timeline)])
  }

  test('shows every rule that applied, fired or not, with the values it saw, beside what was found then', async () => {
    await judge()
    const { status, body } = await ask('GET', '/v1/events/id-1/decision')
    expect(status).toBe(200)
    expect(body).toMatchObject({ id: 'id-1', ruleSetVersion: liveRules.version, findings: [{ rule: 'test.personalised' }], rules: [{ rule: 'test.personalised', fired: true, message: 'M', values: { 'data.personalised': true } }] })
    expect((await ask('GET', '/v1/events/id-2/decision')).body).toMatchObject({ findings: [], rules: [{ rule: 'test.personalised', fired: false, values: { 'data.personalised': false } }] })
  })

  test('of a rule about several events shows the step and what it had counted', async () => {
    await judge()
    expect((await ask('GET', '/v1/events/id-6/decision')).body).toMatchObject({ rules: [{ rule: 'test.harvest', step: 'last', fired: true, past: { count: 3, atLeast: 3 } }] })
    expect((await ask('GET', '/v1/events/id-4/decision')).body).toMatchObject({ rules: [{ rule: 'test.harvest', step: 'first', fired: false, past: { count: 2 } }] })
  })

  test('says so when the rules of that time, or the event, are gone, and tells what was found', async () => {
    await judge('builtin-of-last-year')
    expect((await ask('GET', '/v1/events/id-1/decision')).body).toMatchObject({ ruleSetVersion: 'builtin-of-last-year', findings: [{ rule: 'test.personalised' }], rules: null, unexplained: expect.stringContaining('rules') })
    await db.admin.query('truncate ingest.raw_events')
    expect((await ask('GET', '/v1/events/id-1/decision')).body).toMatchObject({ rules: null, unexplained: expect.stringContaining('no longer kept') })
  })

  test('is 404 for what was not processed, and for another tenant; 401 without a key', async () => {
    await judge()
    expect((await ask('GET', '/v1/events/none/decision')).status).toBe(404)
    expect((await ask('GET', '/v1/events/id-1/decision', undefined, 'globex')).status).toBe(404)
    const response = await fetch(`${app.url}/v1/events/id-1/decision`)
    expect(response.status).toBe(401)
  })
})

describe('POST /v1/rules:test', () => {
  const rule = {
    ...{ id: 'own.ads', title: 'T', citation: 'C', source: 'https://example.com/law', severity: 'low', eventTypes: ['com.ott.ad.impression.v1'] },
    ...{ when: 'event.data.personalised', message: 'Campaign {data.campaignId}', remediation: 'R' },
  }
  const event = { data: { campaignId: 'c-1', personalised: true } }

  test('tells whether a rule fires on an event, and what it saw', async () => {
    const { status, body } = await ask('POST', '/v1/rules:test', { rule, event })
    expect([status, body]).toEqual([200, expect.objectContaining({ rule: 'own.ads', fired: true, findings: [{ event: 0, severity: 'low', message: 'Campaign c-1', values: { 'data.personalised': true } }] })])
    const yaml = `- id: own.ads\n  title: T\n  citation: C\n  source: https://example.com/law\n  severity: low\n  eventTypes: [com.ott.ad.impression.v1]\n  when: '!event.data.personalised'\n  message: M\n  remediation: R\n`
    expect((await ask('POST', '/v1/rules:test', { rule: yaml, events: [event] })).body).toMatchObject({ fired: false, findings: [], events: [{ index: 0, rules: [{ fired: false }] }] })
  })

  test('names what is wrong with the rule, with line and column, or with an event', async () => {
    const wrong = await ask('POST', '/v1/rules:test', { rule: { ...rule, when: 'event.data.personalised &&\n event.data.nothing' }, event })
    expect(wrong.status).toBe(400)
    expect(wrong.body).toMatchObject({ code: 'invalid-request', errors: [{ field: 'rule.when', line: 2, column: 2, problem: expect.any(String) }] })
    expect((await ask('POST', '/v1/rules:test', { rule: 'id: [', event })).body).toMatchObject({ errors: [{ field: 'rule', line: 1 }] })
    expect((await ask('POST', '/v1/rules:test', { rule, event: { data: { campaignId: 7 } } })).body).toMatchObject({ errors: expect.arrayContaining([expect.objectContaining({ field: 'event.data.campaignId' })]) })
    expect((await ask('POST', '/v1/rules:test', { rule, events: [event, { ...event, type: 'com.ott.nothing.v1' }] })).body).toMatchObject({ errors: [{ field: 'events.1.type' }] })
    expect((await ask('POST', '/v1/rules:test', { rule })).status).toBe(400)
    expect((await ask('POST', '/v1/rules:test', { rule, event, events: [event] })).status).toBe(400)
    expect((await ask('POST', '/v1/rules:test', { rule: 7, event })).body).toMatchObject({ errors: [{ field: 'rule' }] })
  })

  test('is bounded', async () => {
    expect((await ask('POST', '/v1/rules:test', { rule, events: Array.from({ length: 101 }, () => event) })).status).toBe(400)
    expect((await ask('POST', '/v1/rules:test', { rule: 'x'.repeat(70_000), event })).status).toBe(413)
    const nested = { ...rule, when: 'words.exists(a, words.exists(b, words.exists(c, a == b + c)))' }
    const lists = { words: Array.from({ length: 900 }, (_, n) => `w${n}`) }
    expect((await ask('POST', '/v1/rules:test', { rule: nested, lists, event })).body).toMatchObject({ errors: [{ field: 'rule.when', problem: expect.stringContaining('inside another') }, {}] })
    expect((await ask('POST', '/v1/rules:test', { rule: { ...rule, message: '{data.campaignId}'.repeat(100) }, event })).status).toBe(400)
  })
})

describe('backtests', () => {
  const period = { from: '2026-01-15T00:00:00Z', to: '2026-03-15T00:00:00Z' }

  test('one is taken into the queue, told of, listed and cancelled', async () => {
    const before = woken
    const { status, headers, body } = await ask('POST', '/v1/rulesets/rs-1:backtest', period)
    expect([status, woken]).toEqual([202, before + 1])
    expect(headers.get('location')).toBe(`/v1/backtests/${String(body['id'])}`)
    expect(body).toMatchObject({ ruleSetId: 'rs-1', status: 'queued', liveVersion: liveRules.version, candidateVersion: candidateRules.version, progress: { events: 0, total: null, share: 0 }, report: null })
    expect(await ask('GET', `/v1/backtests/${String(body['id'])}`)).toMatchObject({ status: 200, body: { id: body['id'], from: '2026-01-15T00:00:00.000Z' } })
    expect((await ask('GET', '/v1/backtests?ruleSetId=rs-1')).body).toMatchObject({ items: [{ id: body['id'] }], next: null })
    expect((await ask('POST', `/v1/backtests/${String(body['id'])}:cancel`)).body).toMatchObject({ status: 'cancelled' })
    for (const path of [`/v1/backtests/${String(body['id'])}`, '/v1/backtests/none', '/v1/backtests/00000000-0000-0000-0000-000000000000']) {
      expect([path, (await ask('GET', path, undefined, 'globex')).status]).toEqual([path, 404])
    }
  })

  test('is refused for a rule set there is none of, a period that ends before it begins, or too long a one', async () => {
    expect((await ask('POST', '/v1/rulesets/none:backtest', period)).status).toBe(404)
    expect((await ask('POST', '/v1/rulesets/rs-1:backtest', period, 'globex')).status).toBe(404)
    for (const [from, to] of [[period.to, period.from], [period.from, period.from], ['2020-01-01T00:00:00Z', period.to], ['2030-01-01T00:00:00Z', '2030-02-01T00:00:00Z'], ['yesterday', period.to]]) {
      expect([from, (await ask('POST', '/v1/rulesets/rs-1:backtest', { from, to })).status]).toEqual([from, 400])
    }
  })

  test('a queue that is full says so', async () => {
    for (let n = 0; n < 20; n++) expect((await ask('POST', '/v1/rulesets/rs-1:backtest', period)).status).toBe(202)
    expect(await ask('POST', '/v1/rulesets/rs-1:backtest', period)).toMatchObject({ status: 429, body: { code: 'busy' } })
  })
})

test('what a shadow decided is told for a rule set there is, and empty before it ran', async () => {
  expect((await ask('GET', '/v1/rulesets/rs-1/shadow')).body).toEqual({ ruleSetId: 'rs-1', versions: [] })
  expect((await ask('GET', '/v1/rulesets/none/shadow')).status).toBe(404)
})
