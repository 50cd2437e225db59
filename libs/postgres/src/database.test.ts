import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { TransientError, UnprocessableError } from '@ott/pipeline/errors'
import { Client } from 'pg'
import { openDatabase, type Database } from './database.ts'
import { isolateTenants, roleOf, type SchemaDefinition } from './migration.ts'
import { provision } from './provision.ts'
import { createTestDatabase, testPasswords, type TestDatabase } from './test-database.ts'

const service = `shelf${randomBytes(4).toString('hex')}`
const schema: SchemaDefinition = {
  service,
  migrations: [
    {
      name: '001-books',
      up: (knex) =>
        knex.raw(`create table ${service}.books
            (tenant_id text not null, id text not null, title text not null, primary key (tenant_id, id));
          ${isolateTenants(`${service}.books`)}`),
      down: (knex) => knex.raw(`drop table ${service}.books`),
    },
  ],
}

let server: TestDatabase
let url = ''
let database: Database
beforeAll(async () => {
  server = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  url = (await provision({ adminUrl: server.url, schemas: [schema], passwords: testPasswords([service]) }))[service] ?? ''
  database = openDatabase({ url, poolMax: 3, applicationName: 'database-test' })
})
afterAll(async () => {
  await database?.close()
  await server?.drop([roleOf(service)])
})
beforeEach(() => server.query(`delete from ${service}.books`))

const insert = `insert into ${service}.books (tenant_id, id, title) values ($1, $2, $3)`
const add = (tenants: readonly string[], ...row: [string, string, string]) => database.transaction(tenants, (sql) => sql.query(insert, row))
const titles = (tenants: readonly string[]) =>
  database.transaction(tenants, async (sql) =>
    (await sql.query<{ title: string }>(`select title from ${service}.books order by title`)).map(({ title }) => title),
  )

test('a transaction sees the rows of its tenants and of no other', async () => {
  await add(['acme'], 'acme', '1', 'a')
  await add(['globex'], 'globex', '1', 'g')
  expect(await titles(['acme'])).toEqual(['a'])
  expect(await titles(['acme', 'globex'])).toEqual(['a', 'g'])
  expect(await titles(['initech'])).toEqual([])
  expect(await titles([])).toEqual([])
})

test("another tenant's row can't be written, changed or taken over", async () => {
  await add(['globex'], 'globex', '1', 'g')
  await expect(add(['acme'], 'globex', '2', 'x')).rejects.toMatchObject({ code: '42501' })
  await database.transaction(['acme'], (sql) => sql.query(`update ${service}.books set title = 'mine'`))
  await database.transaction(['acme'], (sql) => sql.query(`delete from ${service}.books`))
  await add(['acme'], 'acme', '1', 'a')
  await expect(
    database.transaction(['acme'], (sql) => sql.query(`update ${service}.books set tenant_id = 'globex'`)),
  ).rejects.toMatchObject({ code: '42501' })
  expect(await titles(['acme', 'globex'])).toEqual(['a', 'g'])
})

test('who names no tenant sees nothing, also on a connection that was used for one', async () => {
  await add(['acme'], 'acme', '1', 'a')
  const client = new Client({ connectionString: url })
  await client.connect()
  const count = async () => (await client.query<{ n: number }>(`select count(*)::int as n from ${service}.books`)).rows[0]?.n
  expect(await count()).toBe(0)
  await client.query("begin; set local app.tenants = 'acme'")
  expect(await count()).toBe(1)
  await client.query('commit')
  expect(await count()).toBe(0)
  await client.end()
})

test.each(["acme'; drop table books; --", "' or '1'='1", 'acme,globex', 'Acme', '', '*', 'acme\0', 'acme\n', '\\', 'x'.repeat(65)])(
  'the tenant %j is refused, and the connection stays good',
  async (tenant) => {
    await add(['acme'], 'acme', '1', 'a')
    await expect(titles([tenant])).rejects.toThrow('is not a tenant id')
    await expect(titles(['acme', tenant])).rejects.toThrow('is not a tenant id')
    expect(await titles(['acme'])).toEqual(['a'])
  },
)

test('work that throws leaves nothing, and its own error comes out', async () => {
  const own = new RangeError('mine')
  const work = database.transaction(['acme'], async (sql) => {
    await sql.query(insert, ['acme', '1', 'a'])
    throw own
  })
  await expect(work).rejects.toBe(own)
  expect(await titles(['acme'])).toEqual([])
})

test('a value no row can hold is unprocessable, whose message quotes nothing of it', async () => {
  const nul = await add(['acme'], 'acme', '1', 'ada\0lovelace').catch((error: unknown) => error)
  await add(['acme'], 'acme', 'ada', 'a')
  const twice = await add(['acme'], 'acme', 'ada', 'lovelace').catch((error: unknown) => error)
  const absent = await add(['acme'], 'acme', 'x', null as unknown as string).catch((error: unknown) => error)
  for (const [error, state] of [
    [nul, '22021'],
    [twice, '23505'],
    [absent, '23502'],
  ] as const) {
    expect(error).toBeInstanceOf(UnprocessableError)
    expect(error).toMatchObject({ reason: 'unstorable', message: `database refused a value (SQLSTATE ${state})` })
  }
  expect(await titles(['acme'])).toEqual(['a'])
})

test('a statement that is wrong is neither transient nor unprocessable', async () => {
  const error = await database.transaction(['acme'], (sql) => sql.query('select nonsense')).catch((thrown: unknown) => thrown)
  expect(error).not.toBeInstanceOf(TransientError)
  expect(error).not.toBeInstanceOf(UnprocessableError)
})

const killAll = () =>
  server.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'database-test' and datname = current_database()",
  )

test('a connection that is killed in a transaction is a transient fault, nothing of the work stays, and the pool recovers', async () => {
  const work = database.transaction(['acme'], async (sql) => {
    await sql.query(insert, ['acme', '1', 'a'])
    await killAll()
    await sql.query('select 1')
  })
  await expect(work).rejects.toBeInstanceOf(TransientError)
  expect(await titles(['acme'])).toEqual([])
})

test('connections killed just before the commit are a transient fault too', async () => {
  const work = database.transaction(['acme'], async (sql) => {
    await sql.query(insert, ['acme', '1', 'a'])
    await killAll()
  })
  await expect(work).rejects.toBeInstanceOf(TransientError)
  expect(await titles(['acme'])).toEqual([])
})

test('connections killed while idle end nothing and are replaced', async () => {
  await Promise.all([titles(['acme']), titles(['acme']), titles(['acme'])])
  await killAll()
  const settled = await Promise.allSettled([titles(['acme']), titles(['acme']), titles(['acme'])])
  for (const each of settled) if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(TransientError)
  expect(await titles(['acme'])).toEqual([])
  expect(await database.isReachable()).toBe(true)
})

test('a deadlock is a transient fault for one side, and the other proceeds', async () => {
  await add(['acme'], 'acme', '1', 'a')
  await add(['acme'], 'acme', '2', 'b')
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const lock = (first: number) =>
    database.transaction(['acme'], async (sql) => {
      await sql.query(`update ${service}.books set title = title where id = $1`, [String(first + 1)])
      gates[first]?.resolve()
      await gates[1 - first]?.promise
      await sql.query(`update ${service}.books set title = title where id = $1`, [String(2 - first)])
    })
  const settled = await Promise.allSettled([lock(0), lock(1)])
  expect(settled.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  for (const each of settled) if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(TransientError)
})

test('a server that is not there is a transient fault, and not reachable', async () => {
  const away = new URL(url)
  away.port = '1'
  const nowhere = openDatabase({ url: away.href, poolMax: 1, applicationName: 'database-test' })
  await expect(nowhere.transaction(['acme'], (sql) => sql.query('select 1'))).rejects.toBeInstanceOf(TransientError)
  expect(await nowhere.isReachable()).toBe(false)
  await nowhere.close()
})

test('statements that are sent without waiting are committed together, in order', async () => {
  await database.transaction(['acme'], async (sql) => {
    sql.send(insert, ['acme', 'sent-1', 'First'])
    sql.send(`update ${service}.books set title = 'Second' where id = $1`, ['sent-1'])
  })
  expect(await titles(['acme'])).toEqual(['Second'])
})

test('a statement that was sent and fails takes the whole transaction with it and says why', async () => {
  const failing = database.transaction(['acme'], async (sql) => {
    sql.send(insert, ['acme', 'twice', 'One'])
    sql.send(insert, ['acme', 'twice', 'Two'])
    sql.send(insert, ['acme', 'later', 'Three'])
  })
  await expect(failing).rejects.toThrow(UnprocessableError)
  expect(await titles(['acme'])).toEqual([])
  expect(await database.isReachable()).toBe(true)
})

test('a statement that is sent for another tenant is refused with its transaction', async () => {
  const foreign = database.transaction(['acme'], async (sql) => sql.send(insert, ['globex', 'foreign', 'Not mine']))
  await expect(foreign).rejects.toThrow(/row-level security/)
  expect(await titles(['globex'])).toEqual([])
})

const planned = `select count(*)::int as statements, sum(generic_plans + custom_plans)::int as uses from pg_prepared_statements where statement = $1`
const plannedOf = (text: string) => database.transaction(['acme'], async (sql) => (await sql.query(planned, [text]))[0])

test('a connection parses an insert once, however often it runs it, in one transaction and in the next', async () => {
  const text = `insert into ${service}.books (tenant_id, id, title) values ($1, $2, 'a')`
  for (let turn = 0; turn < 2; turn++) {
    await database.transaction(['acme'], async (sql) => {
      sql.send(text, ['acme', `${turn}.1`])
      sql.send(text, ['acme', `${turn}.2`])
      await sql.query(text, ['acme', `${turn}.3`])
    })
  }
  expect(await plannedOf(text)).toEqual({ statements: 1, uses: 6 })
})

test('what looks rows up is planned each time, for the tables as they are then', async () => {
  const text = `select title from ${service}.books where id = $1`
  await database.transaction(['acme'], (sql) => sql.query(text, ['1']))
  expect(await plannedOf(text)).toEqual({ statements: 0, uses: null })
})

test('an insert whose first use failed with its transaction can be used afterwards', async () => {
  const late = `insert into ${service}.books (tenant_id, title, id) values ($1, $2, $3)`
  const failing = database.transaction(['acme'], async (sql) => {
    sql.send(insert, ['acme', 'x', null])
    sql.send(late, ['acme', 'a', '1'])
  })
  await expect(failing).rejects.toThrow(UnprocessableError)
  await database.transaction(['acme'], (sql) => sql.query(late, ['acme', 'a', '1']))
  expect(await titles(['acme'])).toEqual(['a'])
})

test('an insert whose columns changed under it fails transiently once, and runs on a new connection', async () => {
  const single = openDatabase({ url, poolMax: 1, applicationName: 'database-test' })
  const addOne = (id: string) =>
    single.transaction(['acme'], (sql) => sql.query(`insert into ${service}.books values ($1, $2, 'a') returning *`, ['acme', id]))
  expect(await addOne('1')).toEqual([{ tenant_id: 'acme', id: '1', title: 'a' }])
  await server.query(`alter table ${service}.books add column shelf text`)
  await expect(addOne('2')).rejects.toBeInstanceOf(TransientError)
  expect(await addOne('2')).toEqual([{ tenant_id: 'acme', id: '2', title: 'a', shelf: null }])
  await server.query(`alter table ${service}.books drop column shelf`)
  await single.close()
})
