import type { UnitOfWork } from '@ott/pipeline/unit-of-work'
import { Pool, type PoolClient } from 'pg'
import { encodeArrays, type EncodeArrays } from './binary-arrays.ts'
import { isOutdatedPlan, translatePostgresError } from './postgres-errors.ts'
import { nameStatements, type NameStatement } from './statement-names.ts'

/** Runs statements inside one transaction. Values go as parameters, never into the text. */
export interface Sql {
  query<Row extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>
  /**
   * Sends a statement whose rows nobody needs. It isn't waited for: the next statement or the commit follows on its
   * heels, and when it fails the transaction does.
   */
  send(text: string, values?: readonly unknown[]): void
}

export interface DatabaseSettings {
  readonly url: string
  readonly poolMax: number
  readonly applicationName: string
}

/** One service's connections, as its own role. */
export interface Database {
  /** One transaction that sees and writes these tenants' rows alone; row-level security enforces it. */
  readonly transaction: UnitOfWork<Sql>
  /** True when the database answers within two seconds. */
  isReachable(): Promise<boolean>
  close(): Promise<void>
}

const statementTimeoutMs = 30_000

/** Connects lazily. Statements are cut off after 30 s, waits for a connection after 3 s. */
export function openDatabase({ url, poolMax, applicationName }: DatabaseSettings): Database {
  const pool = new Pool({
    connectionString: url,
    max: poolMax,
    application_name: applicationName,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: statementTimeoutMs,
    keepAlive: true,
    pipeline: true,
  })
  const statementOf = statements(nameStatements(), encodeArrays())
  // A connection that breaks while idle is replaced at its next use; without a listener it would end the process.
  pool.on('error', () => undefined)
  return {
    transaction: (tenants, work) => inTransaction(pool, statementOf, tenants, work),
    async isReachable() {
      const timeout = new Promise<false>((resolve) => setTimeout(resolve, 2_000, false).unref())
      return Promise.race([pool.query('select 1').then(() => true, () => false), timeout])
    },
    close: () => pool.end(),
  }
}

type StatementOf = (text: string, values: readonly unknown[] | undefined) => { name: string | undefined; text: string; values: unknown[] }

function statements(nameOf: NameStatement, encode: EncodeArrays): StatementOf {
  return (text, values = []) => ({ name: nameOf(text), text, values: encode(text, values) })
}

async function inTransaction<T>(
  pool: Pool,
  statementOf: StatementOf,
  tenants: readonly string[],
  work: (sql: Sql) => Promise<T>,
): Promise<T> {
  let client: PoolClient | undefined
  let broken: Error | undefined
  try {
    client = await pool.connect()
    const connection = client
    connection.on('error', ignore)
    // The tenant ids are validated names without quotes or commas, and checked again here. Not waited for: the first
    // statement follows on its heels, and the server takes them in this order.
    const begun = connection.query(`begin; set local app.tenants = '${tenantList(tenants)}'`)
    begun.catch(ignore)
    const sent: Promise<unknown>[] = [begun]
    const value = await work({
      send: (text, values) => {
        const done = connection.query(statementOf(text, values))
        done.catch(ignore)
        sent.push(done)
      },
      query: async <Row extends object>(text: string, values?: readonly unknown[]) => {
        const result = await connection.query<Row>(statementOf(text, values))
        return result.rows
      },
    })
    const committed = connection.query('commit')
    committed.catch(ignore)
    await Promise.all(sent)
    // The server answers a commit after a failed statement with a rollback, and that is no error to it.
    if ((await committed).command !== 'COMMIT') throw new Error('the transaction was rolled back')
    return value
  } catch (thrown) {
    const error = translatePostgresError(thrown)
    broken = error
    const rolledBack = await client?.query('rollback').then(() => true, () => false)
    if (rolledBack === true && !isOutdatedPlan(thrown)) broken = undefined
    throw error
  } finally {
    client?.off('error', ignore)
    client?.release(broken)
  }
}

function ignore(): void {}

function tenantList(tenants: readonly string[]): string {
  for (const tenant of tenants) {
    if (!/^[a-z0-9-]{1,64}$/.test(tenant)) throw new Error(`"${tenant}" is not a tenant id`)
  }
  return tenants.join(',')
}
