import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Client } from 'pg'
import { migrateDown, migrateUp } from './migrate.ts'
import { isolateTenants, roleOf, schemaOf, type SchemaDefinition } from './migration.ts'
import { provision } from './provision.ts'
import { createTestDatabase, testPasswords, type TestDatabase } from './test-database.ts'

const suffix = randomBytes(4).toString('hex')
const [owner, reader] = [`own-${suffix}`, `read-${suffix}`]
const [own, read] = [schemaOf(owner), schemaOf(reader)]
const schemas: readonly SchemaDefinition[] = [
  {
    service: owner,
    appendOnly: [`${own}.entries`],
    migrations: [
      {
        name: '001-days',
        up: (knex) =>
          knex.raw(`create table ${own}.days (tenant_id text not null, at timestamptz not null) partition by range (at);
            create table ${own}.days_default partition of ${own}.days default;
            create table ${own}.shared (tenant_id text not null);
            create table ${own}.entries (tenant_id text not null);
            create function ${own}.one() returns int language sql as 'select 1';
            ${isolateTenants(`${own}.days`)} ${isolateTenants(`${own}.shared`)}
            grant usage on schema ${own} to ${roleOf(reader)};
            grant select on ${own}.shared to ${roleOf(reader)};`),
        down: (knex) => knex.raw(`drop table ${own}.days, ${own}.shared, ${own}.entries; drop function ${own}.one()`),
      },
      {
        name: '002-more',
        up: (knex) => knex.raw(`create table ${own}.more (tenant_id text)`),
        down: (knex) => knex.raw(`drop table ${own}.more`),
      },
    ],
  },
  {
    service: reader,
    migrations: [
      {
        name: '001-notes',
        up: (knex) => knex.raw(`create table ${read}.notes (n int)`),
        down: (knex) => knex.raw(`drop table ${read}.notes`),
      },
    ],
  },
]
const passwords = testPasswords([owner, reader])
const roles = [roleOf(owner), roleOf(reader)]

let server: TestDatabase
let urls: Record<string, string>
beforeAll(async () => {
  server = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  urls = await provision({ adminUrl: server.url, schemas, passwords })
})
afterAll(() => server?.drop(roles))

async function as(service: string, statement: string): Promise<unknown> {
  const client = new Client({ connectionString: urls[service] })
  await client.connect()
  return client
    .query(`set app.tenants = 'acme'`)
    .then(() => client.query(statement))
    .then(
      ({ rows }) => rows,
      (error: { code: string }) => error.code,
    )
    .finally(() => client.end())
}

test('a service works in its own schema, through the parent of a partitioned table', async () => {
  expect(await as(owner, `insert into ${own}.days values ('acme', now()) returning tenant_id`)).toEqual([{ tenant_id: 'acme' }])
  expect(await as(owner, `select tenant_id from ${own}.days`)).toEqual([{ tenant_id: 'acme' }])
  expect(await as(owner, `select ${own}.one()`)).toEqual([{ one: 1 }])
})

test.each([
  ['read a partition past the policy of its parent', owner, `select * from ${own}.days_default`],
  ['alter its tables', owner, `alter table ${own}.days disable row level security`],
  ['change rows of a table that it may only add to', owner, `update ${own}.entries set tenant_id = 'x'`],
  ['remove rows of one', owner, `delete from ${own}.entries`],
  ['empty one', owner, `truncate ${own}.entries`],
  ['make tables', owner, `create table ${own}.mine (n int)`],
  ['make schemas', owner, 'create schema mine'],
  ['rewrite what was migrated', owner, `delete from ${own}.schema_migrations`],
  ["read another's table that was not granted", reader, `select * from ${own}.days`],
  ["write another's table that was granted for reading", reader, `insert into ${own}.shared values ('acme')`],
  ["call another's function", reader, `select ${own}.one()`],
  ['become the owner', owner, 'set role ott_owner'],
])('a service can not %s', async (_what, service, statement) => {
  expect(await as(service, statement)).toBe('42501')
})

test('a service reads and adds to a table that it may not change', async () => {
  expect(await as(owner, `insert into ${own}.entries values ('acme')`)).toEqual([])
  expect(await as(owner, `select * from ${own}.entries`)).toEqual([{ tenant_id: 'acme' }])
})

test('a granted table of another service can be read', async () => {
  expect(await as(reader, `select * from ${own}.shared`)).toEqual([])
})

test('provisioning again is harmless: rows stay, roles and grants stay', async () => {
  await server.query(`insert into ${own}.shared values ('acme')`)
  expect(await provision({ adminUrl: server.url, schemas, passwords })).toEqual(urls)
  expect(await as(reader, `select * from ${own}.shared`)).toEqual([{ tenant_id: 'acme' }])
  expect(await as(owner, `select * from ${own}.days_default`)).toBe('42501')
})

test('a changed password is the one that counts', async () => {
  const changed = await provision({ adminUrl: server.url, schemas, passwords: { ...passwords, [owner]: "it's \\new" } })
  const client = new Client({ connectionString: changed[owner] })
  await client.connect()
  expect((await client.query('select current_user as role')).rows).toEqual([{ role: roleOf(owner) }])
  await client.end()
  await provision({ adminUrl: server.url, schemas, passwords })
})

test('a service without a password is refused by name', async () => {
  await expect(provision({ adminUrl: server.url, schemas, passwords: {} })).rejects.toThrow(
    `no password was given for the role of ${owner}`,
  )
})

test('several databases of one server, and one several times, may be provisioned at once', async () => {
  const others = await Promise.all([1, 2, 3].map(() => createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])))
  try {
    await Promise.all([...others, ...others].map(({ url }) => provision({ adminUrl: url, schemas, passwords })))
    for (const { query } of others) expect(await query(`select count(*)::int as n from ${own}.schema_migrations`)).toEqual([{ n: 2 }])
  } finally {
    for (const other of others) await other.drop()
  }
})

test('down leaves nothing behind but the list of migrations, and up makes it anew', async () => {
  const tables = () =>
    server.query(
      `select relname from pg_class where relnamespace = '${own}'::regnamespace and relkind in ('r', 'p')
         and relname not like 'schema_%' order by 1`,
    )
  const before = await tables()
  expect(before.map(({ relname }) => relname)).toEqual(['days', 'days_default', 'entries', 'more', 'shared'])
  await migrateDown(server.url, schemas[0] as SchemaDefinition)
  expect(await tables()).toEqual([])
  await migrateUp(server.url, schemas[0] as SchemaDefinition)
  expect(await tables()).toEqual(before)
})

test('without a server the tests say in one sentence what to run', async () => {
  await expect(createTestDatabase(undefined)).rejects.toThrow('run `npm test`')
})
