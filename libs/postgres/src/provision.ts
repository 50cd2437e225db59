import { setTimeout } from 'node:timers/promises'
import { Client } from 'pg'
import { migrateUp, ownerRole } from './migrate.ts'
import { roleOf, schemaOf, type SchemaDefinition } from './migration.ts'

export interface ProvisionOptions {
  /** Connection that may create roles and schemas. */
  readonly adminUrl: string
  readonly schemas: readonly SchemaDefinition[]
  /** Password of each service's role. */
  readonly passwords: Readonly<Record<string, string>>
}

/**
 * Makes roles and schemas and brings them up to date; repeatable. Each service logs in as a role of its own that owns
 * nothing, can't bypass row-level security and may touch its own schema's rows alone. What another schema shares, its
 * migrations grant by name.
 * @returns connection URL by service
 */
export async function provision({ adminUrl, schemas, passwords }: ProvisionOptions): Promise<Record<string, string>> {
  const client = new Client({ connectionString: adminUrl })
  await client.connect()
  try {
    // Two processes that install into one database at once would otherwise make the same schemas.
    await client.query('select pg_advisory_lock(720114)')
    await makeRoles(client, schemas, passwords)
    for (const { service } of schemas) await client.query(`create schema if not exists ${schemaOf(service)} authorization ${ownerRole}`)
    for (const definition of schemas) {
      await migrateUp(adminUrl, definition)
      await grantOwnSchema(client, definition)
    }
  } finally {
    await client.end()
  }
  return Object.fromEntries(schemas.map(({ service }) => [service, urlOf(adminUrl, roleOf(service), passwords[service] ?? '')]))
}

/**
 * Roles belong to the whole cluster, advisory locks to one database: another database of the cluster may be given the
 * same roles at the same moment. The statements are repeatable, so what was lost to a race is done again.
 */
async function makeRoles(client: Client, schemas: readonly SchemaDefinition[], passwords: Readonly<Record<string, string>>): Promise<void> {
  const statements = [createRole(ownerRole, 'nologin'), `grant ${ownerRole} to current_user`]
  for (const { service } of schemas) {
    const password = passwords[service]
    if (password === undefined) throw new Error(`no password was given for the role of ${service}`)
    statements.push(createRole(roleOf(service), 'login'), `alter role ${roleOf(service)} password ${client.escapeLiteral(password)}`)
  }
  for (const statement of statements) {
    for (let attempt = 1; ; attempt++) {
      try {
        await client.query(statement)
        break
      } catch (error) {
        if (attempt === roleAttemptsMax || !isLostRace(error)) throw error
        await setTimeout(attempt * 20)
      }
    }
  }
}

const roleAttemptsMax = 20

/** Made meanwhile (42710, 23505), or changed meanwhile: "tuple concurrently updated" has no code but that of an internal error. */
function isLostRace(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown }
  return code === '42710' || code === '23505' || (code === 'XX000' && /concurrently/.test(String(message)))
}

async function grantOwnSchema(client: Client, { service, appendOnly = [] }: SchemaDefinition): Promise<void> {
  const schema = schemaOf(service)
  const role = roleOf(service)
  await client.query(`
    grant usage on schema ${schema} to ${role};
    grant select, insert, update, delete on all tables in schema ${schema} to ${role};
    grant usage on all sequences in schema ${schema} to ${role};
    revoke execute on all functions in schema ${schema} from public;
    grant execute on all functions in schema ${schema} to ${role};
    revoke all on table ${schema}.schema_migrations, ${schema}.schema_migrations_lock from ${role};
    ${appendOnly.map((table) => `revoke update, delete, truncate on table ${table} from ${role};`).join('\n')}
  `)
  // Policies belong to the table they are on: rows of a partition are isolated when read through its parent alone.
  await client.query(`do $$ declare part regclass; begin
    for part in select oid from pg_class where relnamespace = '${schema}'::regnamespace and relispartition and relkind in ('r', 'p') loop
      execute format('revoke all on table %s from ${role}', part);
    end loop;
  end $$`)
}

function createRole(role: string, login: 'login' | 'nologin'): string {
  return `do $$ begin
    if not exists (select from pg_roles where rolname = '${role}') then
      create role ${role} ${login} nosuperuser nocreatedb nocreaterole nobypassrls noinherit;
    end if;
  end $$`
}

function urlOf(adminUrl: string, role: string, password: string): string {
  const url = new URL(adminUrl)
  url.username = role
  url.password = password
  return url.href
}
