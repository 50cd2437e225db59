import { expect, test } from '@jest/globals'
import type { Database, Sql } from '@ott/postgres/database'
import { createRefusalCounter } from './refusal-counter.ts'

/** A database whose transactions end when the test says so. */
function slowDatabase() {
  const written: unknown[][] = []
  const endings: { end(error?: Error): void }[] = []
  const sql = { query: async (_text: string, values: readonly unknown[] = []) => void written.push([...values]) } as unknown as Sql
  const transaction = (async (_tenants: readonly string[], work: (sql: Sql) => Promise<unknown>) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    endings.push({ end: (error) => (error === undefined ? resolve() : reject(error)) })
    await promise
    return work(sql)
  }) as Database['transaction']
  return { database: { transaction } as Database, written, endings }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('a flush is done when what was counted before it is written, whoever is writing it', async () => {
  const { database, written, endings } = slowDatabase()
  const counter = createRefusalCounter(database, () => 0)
  counter.add('acme', 'invalid', 1)
  void counter.flush()
  await turn()
  let isDone = false
  const second = counter.flush().then(() => (isDone = true))
  await turn()
  expect(isDone).toBe(false)
  endings[0]?.end()
  await second
  expect(written.map(([, , counts]) => counts)).toEqual([[1]])
})

test('what could not be written is counted still', async () => {
  const { database, written, endings } = slowDatabase()
  const counter = createRefusalCounter(database, () => 0)
  counter.add('acme', 'invalid', 2)
  const failed = counter.flush()
  await turn()
  endings[0]?.end(new Error('away'))
  await expect(failed).rejects.toThrow('away')
  counter.add('acme', 'invalid', 3)
  const again = counter.flush()
  await turn()
  endings[1]?.end()
  await again
  expect(written.map(([, , counts]) => counts)).toEqual([[5]])
})
