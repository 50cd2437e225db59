import type { Knex } from 'knex'

/** One step of a schema, both ways. */
export interface Migration {
  /** Sorts: `001-raw-events`. */
  readonly name: string
  up(knex: Knex): Promise<unknown>
  down(knex: Knex): Promise<unknown>
}

/** A service's schema: it is named after the service and nobody else writes to it. */
export interface SchemaDefinition {
  readonly service: string
  readonly migrations: readonly Migration[]
  /** Tables whose rows the service's role may read and add, but neither change nor remove: `violation.decision_links`. */
  readonly appendOnly?: readonly string[]
}

/** `ml-scoring` → `ml_scoring`: schema name of a service. */
export function schemaOf(service: string): string {
  return service.replaceAll('-', '_')
}

/** Login role of a service. */
export function roleOf(service: string): string {
  return `ott_${schemaOf(service)}`
}

/**
 * Makes a table one where each row belongs to a tenant: row-level security, forced even for the owner, lets a
 * transaction see and write the tenants named in `app.tenants` alone. Unset means no rows.
 */
export function isolateTenants(table: string): string {
  const visible = `tenant_id = any(string_to_array(current_setting('app.tenants', true), ','))`
  return `
    alter table ${table} enable row level security;
    alter table ${table} force row level security;
    create policy tenant_isolation on ${table} using (${visible}) with check (${visible});
  `
}
