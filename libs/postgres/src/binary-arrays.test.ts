import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Client } from 'pg'
import { encodeArrays } from './binary-arrays.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

let server: TestDatabase
let client: Client
beforeAll(async () => {
  server = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  client = new Client({ connectionString: server.url })
  await client.connect()
  await client.query(`set timezone to 'UTC'`)
})
afterAll(async () => {
  await client?.end()
  await server?.drop()
})

const encode = encodeArrays()

/** What the server takes an array for, as it writes it: once sent as the client does, once encoded here. */
async function bothWays(type: string, values: readonly unknown[]) {
  const text = `select $1::${type}[]::text as held`
  const encoded = encode(text, [values])
  const ask = async (sent: readonly unknown[]) => (await client.query<{ held: string }>(text, sent as unknown[])).rows[0]?.held
  return { isBinary: Buffer.isBuffer(encoded[0]), asText: await ask([values]), asEncoded: await ask(encoded) }
}

const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
const dates = fc.date({ min: new Date('0100-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
const elements: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  text: fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
  json: fc.json(),
  bytea: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  uuid: fc.uuid().chain((id) => fc.constantFrom(id, id.replaceAll('-', ''), id.toUpperCase())),
  int: fc.integer(),
  bigint: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).chain((whole) => fc.constantFrom<unknown>(whole, String(whole))),
  timestamptz: dates.chain((date) => fc.constantFrom<unknown>(date, ...(date.getFullYear() >= 1_000 ? [date.toISOString()] : []))),
}

test.each(Object.entries(elements))('the server reads an array of %s as it does when the client writes it', async (type, element) => {
  await fc.assert(
    fc.asyncProperty(fc.array(orNull(element), { maxLength: 8 }), async (values) => {
      const { isBinary, asText, asEncoded } = await bothWays(type, values)
      expect(isBinary).toBe(true)
      expect(asEncoded).toBe(asText)
    }),
    { numRuns: 60 },
  )
})

test.each([
  ['timestamptz', ['2026-01-01T00:00:00.123456Z'], '{"2026-01-01 00:00:00.123456+00"}'],
  ['timestamptz', ['2026-06-30T23:59:60Z', new Date(0)], '{"2026-07-01 00:00:00+00","1970-01-01 00:00:00+00"}'],
  ['timestamptz', ['2026-01-01T01:00:00+01:00'], '{"2026-01-01 00:00:00+00"}'],
  ['int', ['7', 8], '{7,8}'],
  ['text', ['a', 7], '{a,7}'],
])('%s %j is more than is encoded here and goes as text', async (type, values, expected) => {
  const { isBinary, asEncoded } = await bothWays(type, values)
  expect(isBinary).toBe(false)
  expect(asEncoded).toBe(expected)
})

test.each([
  ['uuid', ['not one'], '22P02'],
  ['int', [2 ** 31], '22003'],
  ['bigint', [String(2n ** 63n)], '22003'],
  ['text', ['\0'], '22021'],
])('the server names the fault of %s %j', async (type, values, code) => {
  await expect(bothWays(type, values)).rejects.toMatchObject({ code })
})

test('what is no array, or is cast to no type known here, stays as it is', () => {
  const values = ['x', ['y'], [1]]
  expect(encode('select $1::text[], $2::citext[], $3', values)).toEqual(values)
})
