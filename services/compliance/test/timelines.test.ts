import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { EventAccepted } from '@ott/contracts/event-accepted'
import type { EventAssessed } from '@ott/contracts/event-assessed'
import { checkViewerEvent } from '@ott/contracts/viewer-event'
import { decideBatch, rowsOf } from '@ott/pipeline/decide-batch'
import type { Received } from '@ott/pipeline/define-stage'
import type { OutboundRecord } from '@ott/pipeline/record'
import { openDatabase, type Database } from '@ott/postgres/database'
import { provision } from '@ott/postgres/provision'
import { createTestDatabase, testPasswords, type TestDatabase } from '@ott/postgres/test-database'
import { compileRuleSet } from '@ott/regulations/compile-rule-set'
import { parseRegulationPack } from '@ott/regulations/regulation-pack'
import { passedRecord, startDeadlineClock } from '../src/deadline-clock.ts'
import { rulesInForce } from '../src/rules-in-force.ts'
import { schema } from '../src/schema.ts'
import { complianceStage } from '../src/stage.ts'
import { forgetTimelines, tellPassedDeadlines } from '../src/timeline-store.ts'
import { anAccepted } from './accepted-fixture.ts'

const examples = ['a', 'b', 'c', 'd'].map((name, n) => ({ name, fires: n < 2, data: {} }))
const about = { citation: 'Test § 1', source: 'https://example.com/law', severity: 'high', message: 'M', remediation: 'R', examples }
const rules = compileRuleSet([
  parseRegulationPack(
    JSON.stringify({
      regulation: 'test',
      name: 'Test',
      jurisdictions: 'worldwide',
      rules: [
        {
          ...about,
          id: 'test.harvest',
          title: 'Export after looking at many viewers',
          eventTypes: ['com.ott.personal-data.exported.v1'],
          when: 'event.data.actorRole == "employee"',
          after: { eventTypes: ['com.ott.personal-data.accessed.v1'], within: 'PT1H', atLeast: 5, distinct: 'subject', per: 'data.actor' },
        },
        {
          ...about,
          id: 'test.guessed',
          title: 'Sign-in after two failures',
          eventTypes: ['com.ott.signin.succeeded.v1'],
          when: 'true',
          after: { eventTypes: ['com.ott.signin.failed.v1'], within: 'PT1H', atLeast: 2, lookBackOnly: true },
        },
        {
          ...about,
          id: 'test.unanswered',
          title: 'Request not answered within 30 days',
          eventTypes: ['com.ott.data-subject-request.received.v1'],
          when: 'true',
          deadline: { within: 'P30D', match: 'data.requestId', until: { eventTypes: ['com.ott.data-subject-request.answered.v1'] } },
        },
      ],
    }),
    'test.yaml',
  ),
])
const dayMs = 86_400_000
const stage = complianceStage({ inForce: () => rulesInForce(rules), latenessMs: dayMs })

let admin: TestDatabase
let database: Database
beforeAll(async () => {
  admin = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  const urls = await provision({ adminUrl: admin.url, schemas: [schema], passwords: testPasswords(['compliance']) })
  database = openDatabase({ url: urls['compliance'] ?? '', poolMax: 8, applicationName: 'test' })
})
afterAll(async () => {
  await database?.close()
  await admin?.drop()
})
beforeEach(() => admin.query('truncate compliance.timelines'))

/** One batch as the runtime works through it; tells which events broke which rules. */
async function work(batch: readonly Received<EventAccepted>[]): Promise<string[]> {
  const isNeedless = typeof stage.needsNoTransaction === 'function' && stage.needsNoTransaction(batch)
  expect(isNeedless).toBe(false)
  return database.transaction([...new Set(batch.map(({ tenantId }) => tenantId))], async (sql) => {
    const decided = decideBatch(stage, batch, await stage.load(batch, sql, undefined))
    if (decided.failure !== undefined) throw decided.failure.error
    await stage.save?.(rowsOf(decided), sql)
    return decided.decided.flatMap(({ received, decision }) => {
      const { findings } = decision.emits[0]?.data as EventAssessed['data']
      return findings.map(({ rule }) => `${received.id} ${rule}`)
    })
  })
}

const startMs = Date.parse('2026-03-01T12:00:00Z')
const at = (ms: number) => new Date(startMs + ms).toISOString()
const asks = (id: string, requestId = id) => anAccepted(id, 'com.ott.data-subject-request.received.v1', { requestId, right: 'access' }, { time: at(0) })
const answers = (id: string, requestId: string, ms: number) => anAccepted(id, 'com.ott.data-subject-request.answered.v1', { requestId, outcome: 'fulfilled' }, { time: at(ms) })
const looksAt = (viewer: string, ms: number, tenantId = 'acme') =>
  anAccepted(`look-${viewer}`, 'com.ott.personal-data.accessed.v1', { actor: 'e-1', actorRole: 'employee', records: 1 }, { subject: viewer, time: at(ms), tenantId })
const takes = (ms: number, tenantId = 'acme') =>
  anAccepted('take', 'com.ott.personal-data.exported.v1', { actor: 'e-1', actorRole: 'employee', records: 1 }, { subject: 'viewer-z', time: at(ms), tenantId })
const told = () => {
  const records: OutboundRecord[] = []
  return { records, publish: async (more: readonly OutboundRecord[]) => void records.push(...more) }
}

test('what is remembered outlives the batch, and the batch that comes again finds the same', async () => {
  const looks = ['e', 'b', 'd', 'a', 'c'].map((viewer, n) => looksAt(viewer, n * 1_000))
  expect(await work(looks)).toEqual([])
  expect(await work([takes(60_000)])).toEqual(['take test.harvest'])
  expect(await work([takes(60_000)])).toEqual(['take test.harvest'])
  expect(await work(looks)).toEqual([])
})

test('events of one employee that come through several partitions at once are all counted', async () => {
  const viewers = Array.from({ length: 24 }, (_, n) => `v-${n}`)
  const everything = [...viewers.map((viewer) => looksAt(viewer, 0)), takes(1_000)]
  const broken = await Promise.all(everything.map((event) => work([event])))
  // Whichever event completes it, one does.
  const seen = broken.flat()
  const late = await work([anAccepted('take-2', 'com.ott.personal-data.exported.v1', { actor: 'e-1', actorRole: 'employee', records: 1 }, { subject: 'viewer-y', time: at(2_000) })])
  expect(seen).toHaveLength(1)
  expect(late).toEqual(['take-2 test.harvest'])
  const [row] = await admin.query<{ timeline: { entries: unknown[] } }>("select timeline from compliance.timelines where name = 'data.actor:e-1'")
  expect(row?.timeline.entries).toHaveLength(viewers.length + 2)
})

test('two batches that hold the same timelines in another order do not wait for each other for good', async () => {
  const many = Array.from({ length: 40 }, (_, n) => anAccepted(`r-${n}`, 'com.ott.data-subject-request.received.v1', { requestId: `r-${n}`, right: 'access' }, { subject: `s-${n}`, time: at(0) }))
  await Promise.all([work(many), work([...many].reverse()), work(many)])
  const [row] = await admin.query<{ count: string }>('select count(*) from compliance.timelines')
  expect(row?.count).toBe('40')
})

test('a rule that only looks back makes no timeline, and reads the one that is there', async () => {
  const enters = (ms: number) => anAccepted(`in-${ms}`, 'com.ott.signin.succeeded.v1', {}, { time: at(ms) })
  const fails = (ms: number) => anAccepted(`out-${ms}`, 'com.ott.signin.failed.v1', { attempts: 1 }, { time: at(ms) })
  expect(await work([enters(0)])).toEqual([])
  expect(await admin.query('select from compliance.timelines')).toEqual([])
  expect(await work([fails(1_000), fails(2_000)])).toEqual([])
  expect(await work([enters(3_000)])).toEqual(['in-3000 test.guessed'])
})

test('another tenant with an employee of the same name is somebody else', async () => {
  expect(await work(['a', 'b', 'c', 'd', 'e'].map((viewer) => looksAt(viewer, 0)))).toEqual([])
  expect(await work([takes(60_000, 'globex')])).toEqual([])
})

describe('the clock', () => {
  const passed = (nowMs: number, records: ReturnType<typeof told>) =>
    tellPassedDeadlines(database, ['acme'], new Date(startMs + nowMs), 100, (each) => records.publish(each.map(passedRecord)))

  test('tells that a period has ended once nothing late can answer it, as an event that ingest accepts', async () => {
    await work([asks('r-1')])
    const news = told()
    expect(await passed(30 * dayMs + dayMs - 1, news)).toBe(0)
    expect(await passed(30 * dayMs + dayMs, news)).toBe(1)
    expect(await passed(30 * dayMs + dayMs + 1, news)).toBe(0)
    const [{ topic, key, value = '' } = {}] = news.records
    expect([topic, key]).toEqual(['events.inbound.acme.v1', 'acme:viewer-1'])
    const event = JSON.parse(String(value)) as { type: string; time: string; id: string }
    expect(checkViewerEvent(event, startMs + 32 * dayMs)).toMatchObject({ ok: true })
    expect(event.time).toBe(at(30 * dayMs))
    expect(await work([anAccepted(event.id, event.type, {}, { time: event.time })])).toEqual([`${event.id} test.unanswered`])
    expect(await passed(60 * dayMs, news)).toBe(0)
  })

  test('tells it again when nobody took it, with the same id', async () => {
    await work([asks('r-1')])
    const news = told()
    await passed(31 * dayMs, news)
    await passed(31 * dayMs + 11 * 60_000, news)
    const ids = news.records.map(({ value }) => (JSON.parse(String(value)) as { id: string }).id)
    expect(ids).toHaveLength(2)
    expect(new Set(ids).size).toBe(1)
  })

  test('looks at several tenants at once, and tells each in its own topic', async () => {
    const asksOf = (tenantId: string) => anAccepted(`of-${tenantId}`, 'com.ott.data-subject-request.received.v1', { requestId: 'r', right: 'access' }, { tenantId, time: at(0) })
    await work([asksOf('acme'), asksOf('globex')])
    const news = told()
    expect(await tellPassedDeadlines(database, ['acme', 'globex'], new Date(startMs + 40 * dayMs), 100, (each) => news.publish(each.map(passedRecord)))).toBe(2)
    expect(news.records.map(({ topic, key }) => [topic, key]).sort()).toEqual([
      ['events.inbound.acme.v1', 'acme:viewer-1'],
      ['events.inbound.globex.v1', 'globex:viewer-1'],
    ])
  })

  test('notes nothing when it could not be told', async () => {
    await work([asks('r-1')])
    const away = tellPassedDeadlines(database, ['acme'], new Date(startMs + 40 * dayMs), 100, () => Promise.reject(new Error('away')))
    await expect(away).rejects.toThrow('away')
    expect(await passed(40 * dayMs, told())).toBe(1)
  })

  test('is silent about what was answered in time, and about another tenant', async () => {
    await work([asks('r-1'), answers('a-1', 'r-1', dayMs)])
    expect(await passed(60 * dayMs, told())).toBe(0)
    await work([asks('r-2')])
    expect(await tellPassedDeadlines(database, ['globex'], new Date(startMs + 60 * dayMs), 100, () => Promise.resolve())).toBe(0)
  })

  test('looks by itself, one turn at a time', async () => {
    await work([asks('r-1')])
    const news = told()
    const faults: unknown[] = []
    const clock = startDeadlineClock({ database, bus: news, tenants: () => ['acme', 'globex'], intervalMs: 10, nowMs: () => startMs + 40 * dayMs, onFault: (error) => faults.push(error) })
    for (let turn = 0; turn < 500 && news.records.length === 0; turn++) await new Promise((resolve) => setTimeout(resolve, 10))
    await clock.stop()
    expect([news.records.length, faults]).toEqual([1, []])
  })
})

test('what can not matter any more is forgotten, periods that run are not', async () => {
  await work([looksAt('a', 0), asks('r-1')])
  await forgetTimelines(database, ['acme'], new Date(startMs + 40 * dayMs))
  const rows = await admin.query<{ name: string }>('select name from compliance.timelines')
  expect(rows.map(({ name }) => name)).toEqual(['subject:viewer-1'])
})

test('a batch without events that matter to several-event rules needs no database', () => {
  const playback = anAccepted('p', 'com.ott.playback.started.v1', { contentId: 'c-1' })
  expect(typeof stage.needsNoTransaction === 'function' && stage.needsNoTransaction([playback])).toBe(true)
})
