import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { viewerEventTypes } from '@ott/contracts/viewer-event-types'
import type { OutboundRecord } from '@ott/pipeline/record'
import { openDatabase, type Database } from '@ott/postgres/database'
import { provision } from '@ott/postgres/provision'
import { createTestDatabase, testPasswords, type TestDatabase } from '@ott/postgres/test-database'
import { createProfileStore } from '../src/profile-store.ts'
import { schema } from '../src/schema.ts'
import { countEvent } from '../src/series/hourly-counts.ts'
import { judgeTenant, tellAnomalies } from '../src/series/judge-tenant.ts'
import { createSubjectBudget } from '../src/subject-budget.ts'

let admin: TestDatabase
let database: Database
beforeAll(async () => {
  admin = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  const urls = await provision({ adminUrl: admin.url, schemas: [schema], passwords: testPasswords(['ml-scoring']) })
  database = openDatabase({ url: urls['ml-scoring'] ?? '', poolMax: 4, applicationName: 'test' })
})
afterAll(async () => {
  await database?.close()
  await admin?.drop()
})
beforeEach(() => admin.query('truncate ml_scoring.series_counts, ml_scoring.series_states, ml_scoring.series_anomalies, ml_scoring.series_groups, ml_scoring.snapshot_positions'))

const firstHour = 490_000
const burstAt = 4 * 168 + 10
const quiet = (n: number) => 40 + ((n * 7) % 11) + 20 * ((n % 24) / 24)
const counts = Array.from({ length: burstAt + 30 }, (_, n) => Math.round(quiet(n) * (n >= burstAt && n < burstAt + 3 ? 10 : 1)))

const store = (tenantId: string) =>
  database.transaction([tenantId], (sql) =>
    sql.query('insert into ml_scoring.series_counts (tenant_id, hour, series, count) select $1, $2 + n - 1, $3, c from unnest($4::bigint[]) with ordinality as u (c, n)', [
      tenantId,
      firstHour,
      'sign-in-failures/all',
      counts.map(String),
    ]),
  )
const judgeAll = async (tenantId: string) => {
  while ((await judgeTenant(database, tenantId, firstHour + counts.length - 1, () => undefined)) > 0);
}

test('a burst after four quiet weeks opens one anomaly and tells it once, to its own tenant, however often the series are judged', async () => {
  await store('acme')
  const told: OutboundRecord[] = []
  const tell = (tenantId: string) => tellAnomalies(database, tenantId, async (records) => told.push(...records))
  await judgeAll('acme')
  await judgeAll('globex')
  await tell('acme')
  await judgeAll('acme')
  await tell('acme')
  await tell('globex')
  const burst = told.map(({ value }) => JSON.parse(String(value)) as { data: { since: string } })
  expect(burst).toHaveLength(1)
  expect(burst[0]).toMatchObject({ type: 'com.ott.series.anomalous.v1', data: { series: 'sign-in-failures:all', direction: 'above', since: new Date((firstHour + burstAt) * 3_600_000).toISOString() } })
  expect(() => viewerEventTypes['com.ott.series.anomalous.v1'].parse(burst[0]?.data)).not.toThrow()
})

test('a turn whose publishing failed tells the same again', async () => {
  await store('acme')
  await judgeAll('acme')
  const first: OutboundRecord[] = []
  await expect(
    tellAnomalies(database, 'acme', async (records) => {
      first.push(...records)
      throw new Error('the broker is gone')
    }),
  ).rejects.toThrow('gone')
  const second: OutboundRecord[] = []
  await tellAnomalies(database, 'acme', async (records) => second.push(...records))
  expect(second).toEqual(first)
})

test('counts are exact when a holder dies before its snapshot and its successor works through the events again', async () => {
  const profiles = createProfileStore({ database, tenantIds: () => ['acme'], snapshotIntervalMs: 1_000, budget: createSubjectBudget(10) })
  const event = { type: 'com.ott.signin.failed.v1', time: '2026-03-01T12:10:00Z', data: { attempts: 2, country: 'DE' } }
  const sources = {}
  const dead = await profiles.restore('t', 0)
  countEvent(dead.memory.hourly, 'acme', event, event.time)
  await profiles.snapshot('t', 0, dead.memory, { nextOffset: 1n, sources })
  countEvent(dead.memory.hourly, 'acme', event, event.time)
  const heir = await profiles.restore('t', 0)
  countEvent(heir.memory.hourly, 'acme', event, event.time)
  await expect(profiles.snapshot('t', 0, dead.memory, { nextOffset: 2n, sources })).rejects.toThrow('belong')
  await profiles.snapshot('t', 0, heir.memory, { nextOffset: 2n, sources })
  const rows = await database.transaction(['acme'], (sql) => sql.query<{ series: string; count: string }>('select series, count from ml_scoring.series_counts order by series'))
  expect(Object.fromEntries(rows.map(({ series, count }) => [series, Number(count)]))).toEqual({ 'events/all': 2, 'events/country:DE': 2, 'sign-in-failures/all': 4, 'sign-in-failures/country:DE': 4 })
})
