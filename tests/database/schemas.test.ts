import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { schemas } from '@ott/prepare/prepare-installation'
import { migrateDown, migrateUp } from '@ott/postgres/migrate'
import { roleOf, schemaOf, type SchemaDefinition } from '@ott/postgres/migration'
import { provision } from '@ott/postgres/provision'
import { createTestDatabase, testPasswords, type TestDatabase } from '@ott/postgres/test-database'
import { Client } from 'pg'

const services = schemas.map(({ service }) => service)
const schemaNames = services.map(schemaOf)
const roles = services.map(roleOf)
const passwords = testPasswords(services)

/** The one table that lists tenants rather than holding something of theirs. */
const notIsolated = ['tenant.tenant_ids']

/** What services show one another; anything beyond this list is a leak. */
const shared = [
  'alerting.alerts: select to ott_violation',
  'ingest.dead_letters: select to ott_violation',
  'ingest.discarded_events: select to ott_violation',
  'ingest.event_keys: select to ott_compliance',
  'ingest.raw_events: select to ott_compliance',
  'ingest.raw_events: select to ott_ml_scoring',
  'violation.case_history: select to ott_ml_scoring',
  'violation.evidence: select to ott_ml_scoring',
  'violation.processed_events: select to ott_compliance',
  'violation.processed_events: select to ott_ingest',
  'violation.processed_events: select to ott_ml_scoring',
]

let server: TestDatabase
let urls: Record<string, string>
beforeAll(async () => {
  server = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  urls = await provision({ adminUrl: server.url, schemas, passwords })
  await server.query('select ingest.ensure_raw_events_day($1::date)', ['2026-01-31'])
  urls = await provision({ adminUrl: server.url, schemas, passwords })
})
afterAll(() => server?.drop())

async function as<T>(service: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: urls[service] })
  await client.connect()
  return work(client).finally(() => client.end())
}

interface TenantTable {
  schema: string
  name: string
  enabled: boolean
  forced: boolean
  partition: boolean
  policies: { using: string | null; check: string | null; command: string; permissive: boolean; roles: number }[] | null
}

function tenantTables(): Promise<TenantTable[]> {
  return server.query<TenantTable>(
    `select n.nspname as schema, n.nspname || '.' || c.relname as name,
       c.relrowsecurity as enabled, c.relforcerowsecurity as forced, c.relispartition as partition,
       (select json_agg(json_build_object('using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid),
          'command', p.polcmd, 'permissive', p.polpermissive, 'roles', cardinality(array_remove(p.polroles, 0))))
          from pg_policy p where p.polrelid = c.oid) as policies
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = any($1) and c.relkind in ('r', 'p')
       and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
     order by 1, 2`,
    [schemaNames],
  )
}

test('every table with a tenant has row-level security, forced, by one policy for reading and writing', async () => {
  const tables = (await tenantTables()).filter(({ name, partition }) => !partition && !notIsolated.includes(name))
  expect(tables.length).toBeGreaterThanOrEqual(12)
  const condition = "(tenant_id = ANY (string_to_array(current_setting('app.tenants'::text, true), ','::text)))"
  for (const { name, enabled, forced, policies } of tables) {
    expect({ name, enabled, forced, policies }).toEqual({
      name,
      enabled: true,
      forced: true,
      policies: [{ using: condition, check: condition, command: '*', permissive: true, roles: 0 }],
    })
  }
})

test('no service may touch a partition but through its parent, whose policy binds it', async () => {
  const partitions = (await tenantTables()).filter(({ partition }) => partition)
  expect(partitions.map(({ name }) => name)).toEqual(['ingest.raw_events_20260131', 'ingest.raw_events_default'])
  for (const { name } of partitions) {
    for (const role of roles) {
      const [row] = await server.query(`select has_table_privilege($1, $2, 'select, insert, update, delete, truncate') as may`, [
        role,
        name,
      ])
      expect([role, name, row?.['may']]).toEqual([role, name, false])
    }
  }
})

test('tables without a tenant hold nothing of one: they are these', async () => {
  const rows = await server.query<{ name: string }>(
    `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = any($1) and c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relname not like 'schema_migrations%'
       and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id') order by 1`,
    [schemaNames],
  )
  expect(rows.map(({ name }) => name)).toEqual(['compliance.rule_sets', 'ml_scoring.federation_runs', 'ml_scoring.leaders', 'ml_scoring.snapshot_positions'])
})

test('service roles log in, own nothing, are members of nothing and can not bypass row-level security', async () => {
  const rows = await server.query(
    `select r.rolname as role, r.rolcanlogin as login,
       r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication as powers,
       (select count(*)::int from pg_class c where c.relowner = r.oid) + (select count(*)::int from pg_namespace n where n.nspowner = r.oid)
         + (select count(*)::int from pg_proc p where p.proowner = r.oid) as owned,
       (select count(*)::int from pg_auth_members m where m.member = r.oid) as memberships
     from pg_roles r where r.rolname = any($1)`,
    [roles],
  )
  expect(rows).toHaveLength(roles.length)
  for (const row of rows) expect(row).toEqual({ role: row['role'], login: true, powers: false, owned: 0, memberships: 0 })
})

test('the owner of the schemas can not log in and is bound by row-level security too', async () => {
  expect(await server.query("select rolcanlogin, rolsuper, rolbypassrls from pg_roles where rolname = 'ott_owner'")).toEqual([
    { rolcanlogin: false, rolsuper: false, rolbypassrls: false },
  ])
})

test('services read of one another what is granted by name and nothing else', async () => {
  const rows = await server.query<{ granted: string }>(
    `select format('%s.%s: %s to %s', table_schema, table_name, lower(privilege_type), grantee) as granted
     from information_schema.role_table_grants
     where table_schema = any($1) and (grantee = any($2) or grantee = 'PUBLIC') and grantee <> 'ott_' || table_schema order by 1`,
    [schemaNames, roles],
  )
  expect(rows.map(({ granted }) => granted)).toEqual(shared)
  for (const reader of services) {
    for (const { schema, name } of await tenantTables()) {
      if (schema === schemaOf(reader) || shared.includes(`${name}: select to ${roleOf(reader)}`)) continue
      const code = await as(reader, (client) =>
        client.query(`select from ${name}`).then(
          () => 'read',
          (error: { code: string }) => error.code,
        ),
      )
      expect([reader, name, code]).toEqual([reader, name, '42501'])
    }
  }
})

test('a shared table shows the reader its own tenants alone', async () => {
  const insert = `insert into violation.processed_events
    select t, gen_random_uuid(), 'e', '/s', 'v', 'x', now(), now(), now(), '', '1', '[]', '{}' from unnest($1::text[]) t`
  await server.query(insert, [['acme', 'globex']])
  const seen = await as('ingest', async (client) => {
    const tenants = async () =>
      (await client.query<{ tenant_id: string }>('select tenant_id from violation.processed_events')).rows.map(({ tenant_id }) => tenant_id)
    const unset = await tenants()
    await client.query("set app.tenants = 'globex'")
    return { unset, set: await tenants() }
  })
  expect(seen).toEqual({ unset: [], set: ['globex'] })
})

describe.each(schemas.map((definition) => [definition.service, definition] as const))('%s', (service, definition: SchemaDefinition) => {
  test('its own tables show nothing while no tenant is named', async () => {
    for (const { schema, name, partition } of await tenantTables()) {
      if (schema !== schemaOf(service) || partition || notIsolated.includes(name)) continue
      expect(await as(service, async (client) => (await client.query(`select from ${name}`)).rowCount)).toBe(0)
    }
  })

  test('a row of a tenant that was not named can not be written', async () => {
    for (const { schema, name, partition } of await tenantTables()) {
      if (schema !== schemaOf(service) || partition || notIsolated.includes(name)) continue
      const code = await as(service, async (client) => {
        await client.query("set app.tenants = 'acme'")
        return client.query(`insert into ${name} (tenant_id) values ('globex')`).then(
          () => 'written',
          (error: { code: string }) => error.code,
        )
      })
      // The policy is asked before the constraints are.
      expect([name, code]).toEqual([name, '42501'])
    }
  })

  test('up, down and up again leaves nothing on the way down and the same on the way up', async () => {
    const other = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
    try {
      await provision({ adminUrl: other.url, schemas, passwords })
      const contents = () =>
        other.query<{ what: string }>(
          `select 'column ' || attrelid::regclass || '.' || attname || ' ' || format_type(atttypid, atttypmod) || attnotnull as what
             from pg_attribute
             where attnum > 0 and not attisdropped and attrelid in (select oid from pg_class where relnamespace = $1::regnamespace)
           union all select 'constraint ' || pg_get_constraintdef(oid) || conrelid::regclass
             from pg_constraint where connamespace = $1::regnamespace
           union all select 'index ' || indexdef from pg_indexes where schemaname::text = $1::regnamespace::text
           union all select 'policy ' || polname || polrelid::regclass from pg_policy
             where polrelid in (select oid from pg_class where relnamespace = $1::regnamespace)
           union all select 'security ' || oid::regclass || relrowsecurity || relforcerowsecurity from pg_class
             where relnamespace = $1::regnamespace and relkind in ('r', 'p')
           union all select 'function ' || oid::regprocedure from pg_proc where pronamespace = $1::regnamespace
           union all select 'type ' || typname from pg_type where typnamespace = $1::regnamespace
           union all select 'sequence ' || oid::regclass from pg_class where relnamespace = $1::regnamespace and relkind = 'S'
           order by 1`,
          [schemaOf(service)],
        )
      const own = (rows: { what: string }[]) => rows.map(({ what }) => what).filter((what) => !what.includes('schema_migrations'))
      const before = own(await contents())
      expect(before.length).toBeGreaterThan(5)
      await migrateDown(other.url, definition)
      expect(own(await contents())).toEqual([])
      await migrateUp(other.url, definition)
      expect(own(await contents())).toEqual(before)
    } finally {
      await other.drop()
    }
  })
})
