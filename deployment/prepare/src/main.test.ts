import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { topicCatalogue } from '@ott/contracts/topics'
import { createKafkaBus } from '@ott/kafka/kafka-bus'
import { roleOf } from '@ott/postgres/migration'
import { createTestDatabase, testPasswords, type TestDatabase } from '@ott/postgres/test-database'
import { schemas } from './prepare-installation.ts'
import { passwordSettingOf } from './settings.ts'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))
const names = schemas.map(({ service }) => service)
const passwords = testPasswords(names)
const topicPrefix = `prepare-${randomBytes(4).toString('hex')}.`

let database: TestDatabase
let settings: Record<string, string>
beforeAll(async () => {
  database = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  settings = {
    ADMIN_DATABASE_URL: database.url,
    KAFKA_BROKERS: process.env['OTT_TEST_KAFKA_BROKERS'] ?? '',
    KAFKA_TOPIC_PREFIX: topicPrefix,
    KAFKA_PARTITIONS: '2',
    ...Object.fromEntries(names.map((name) => [passwordSettingOf(name), passwords[name] ?? ''])),
  }
})
afterAll(() => database?.drop())

function prepare(environment: Record<string, string>): Promise<{ code: number; out: string; err: string }> {
  const args = ['--disable-warning=TimeoutNegativeWarning', main]
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { env: { PATH: process.env['PATH'] ?? '', ...environment } }, (_error, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    )
  })
}

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('roles, schemas and topics are there afterwards, and making them again is harmless', async () => {
  const first = await prepare(settings)
  expect({ ...first, out: '' }).toEqual({ code: 0, out: '', err: '' })
  expect((await prepare(settings)).code).toBe(0)

  const roles = await database.query<{ rolname: string }>(`select rolname from pg_roles where rolname like 'ott\\_%'`)
  expect(roles.map(({ rolname }) => rolname)).toEqual(expect.arrayContaining(names.map(roleOf)))
  expect(await database.query('select 1 from violation.processed_events')).toEqual([])

  const log = { info: () => {}, warn: () => {}, error: () => {} }
  const bus = await createKafkaBus({ brokers: (settings['KAFKA_BROKERS'] ?? '').split(','), clientId: 'prepare-test', topicPrefix, log })
  try {
    for (const { name, compacted } of topicCatalogue) expect(await bus.endOffsets(name)).toHaveLength(compacted ? 1 : 2)
  } finally {
    await bus.close()
  }
})

test('without settings it ends at once with one sentence that names them', async () => {
  const { code, err } = await prepare({})
  expect(code).toBe(1)
  expect(err).toMatch(/^prepare: KAFKA_BROKERS: [^\n]*; ADMIN_DATABASE_URL: must be set, or ADMIN_DATABASE_URL_FILE; [^\n]*DATABASE_PASSWORD_INGEST: [^\n]*\n$/)
})

test('a broker and a database that never answer are waited for within bounds, and both are named', async () => {
  const port = await closedPort()
  const { code, err } = await prepare({
    ...settings,
    ADMIN_DATABASE_URL: `postgres://admin:a-secret@127.0.0.1:${port}/ott`,
    KAFKA_BROKERS: `127.0.0.1:${port}`,
    PREPARE_WAIT_MS: '700',
  })
  expect(code).toBe(1)
  expect(err).toMatch(/^prepare: the database did not answer in time \([^\n]*\); the broker did not answer in time \([^\n]*\)\n$/)
  expect(err).not.toContain('a-secret')
})

test('a wrong password is told at once, without waiting and without repeating it', async () => {
  const url = new URL(database.url)
  url.password = 'not-the-password'
  const { code, err } = await prepare({ ...settings, ADMIN_DATABASE_URL: url.href })
  expect(code).toBe(1)
  expect(err).toMatch(/^prepare: password authentication failed[^\n]*\n$/)
  expect(err).not.toContain('not-the-password')
})
