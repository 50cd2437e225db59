import { randomBytes } from 'node:crypto'
import { Client } from 'pg'

/** An empty database of its own for one test file, on the server the tests were given. */
export interface TestDatabase {
  /** As the server's administrator. */
  readonly url: string
  /** Statements as the administrator, who row-level security doesn't bind. */
  query<Row extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>
  /** Removes the database, and roles that were made for it alone: a server's roles belong to all its databases. */
  drop(roles?: readonly string[]): Promise<void>
}

/** @param adminUrl what `npm test` gives as OTT_TEST_DATABASE_URL */
export async function createTestDatabase(adminUrl: string | undefined): Promise<TestDatabase> {
  if (adminUrl === undefined || adminUrl === '')
    throw new Error('this test needs a database of its own, which `npm test` starts: run `npm test`')
  const name = `ott_test_${randomBytes(6).toString('hex')}`
  await asAdmin(adminUrl, (client) => client.query(`create database ${name}`))
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  const client = new Client({ connectionString: url.href })
  await client.connect()
  return {
    url: url.href,
    query: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
      (await client.query<Row>(text, values as unknown[])).rows,
    async drop(roles = []) {
      await client.end()
      await asAdmin(adminUrl, async (admin) => {
        await admin.query(`drop database ${name} with (force)`)
        for (const role of roles) await admin.query(`drop role if exists ${role}`)
      })
    },
  }
}

/** The same password for a role in every test: roles are the server's, so tests that run at once must agree. */
export function testPasswords(services: readonly string[]): Record<string, string> {
  return Object.fromEntries(services.map((service) => [service, `test-of-${service}`]))
}

async function asAdmin(url: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
