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
    // Two installations of one database would otherwise create the same role at once.
    await client.query('select pg_advisory_lock(720114)')
    await client.query(createRole(ownerRole, 'nologin'))
    await client.query(`grant ${ownerRole} to current_user`)
    for (const { service } of schemas) {
      const role = roleOf(service)
      const password = passwords[service]
      if (password === undefined) throw new Error(`no password was given for the role of ${service}`)
      await client.query(createRole(role, 'login'))
      await client.query(`alter role ${role} password ${client.escapeLiteral(password)}`)
      await client.query(`create schema if not exists ${schemaOf(service)} authorization ${ownerRole}`)
    }
    for (const definition of schemas) {
      await migrateUp(adminUrl, definition)
      await grantOwnSchema(client, definition.service)
    }
  } finally {
    await client.end()
  }
  return Object.fromEntries(schemas.map(({ service }) => [service, urlOf(adminUrl, roleOf(service), passwords[service] ?? '')]))
}

async function grantOwnSchema(client: Client, service: string): Promise<void> {
  const schema = schemaOf(service)
  const role = roleOf(service)
  await client.query(`
    grant usage on schema ${schema} to ${role};
    grant select, insert, update, delete on all tables in schema ${schema} to ${role};
    grant usage on all sequences in schema ${schema} to ${role};
    grant execute on all functions in schema ${schema} to ${role};
    revoke all on table ${schema}.schema_migrations, ${schema}.schema_migrations_lock from ${role};
  `)
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
