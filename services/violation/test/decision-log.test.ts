import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { moveCase } from '../src/cases/change-case.ts'
import { appendDecisions, recordErasure } from '../src/decision-log/append-decisions.ts'
import { genesis, linkHashes } from '../src/decision-log/chain.ts'
import { openCheckpointKeys } from '../src/decision-log/checkpoint.ts'
import { listCheckpoints, listEntries } from '../src/decision-log/decision-log-store.ts'
import { sealDecisions } from '../src/decision-log/seal-decisions.ts'
import { startAt, verifyLog, type Position, type Verified } from '../src/decision-log/verify-log.ts'
import { openLogDatabase, processedAtMs, type LogDatabase } from './decision-log-fixture.ts'
import { aScored, type ScoredParts } from './scored-fixture.ts'

const signingKey = generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')
const keys = openCheckpointKeys(signingKey)
const minuteMs = 60_000

let log: LogDatabase
let nowMs = processedAtMs
beforeAll(async () => void (log = await openLogDatabase()))
afterAll(() => log?.close())
beforeEach(async () => {
  nowMs = processedAtMs
  await log.empty()
})

const seal = (tenantId = 'acme', parts: { checkpointEntries?: number; sign?: typeof keys.sign } = {}) =>
  sealDecisions(log.database, tenantId, { nowMs: () => nowMs, sign: keys.sign, checkpointEntries: 1_000, checkpointIntervalMs: minuteMs, ...parts })
const verify = (tenantId = 'acme', start: Position = startAt(), budgetMs = minuteMs) => verifyLog({ database: log.database, keys, nowMs: performance.now.bind(performance), budgetMs }, tenantId, start)
const events = (from: number, to: number, parts: ScoredParts = {}) => Array.from({ length: to - from + 1 }, (_, n) => aScored(`e${from + n}`, { rules: (from + n) % 2 === 0 ? ['r1'] : [], ...parts }))
const entries = async (tenantId = 'acme') => (await listEntries(log.database, tenantId, Number.MAX_SAFE_INTEGER, 10_000)).reverse()

/** Three batches of four events: twelve entries, with a checkpoint at the eighth and at the twelfth. */
async function twelve(tenantId = 'acme'): Promise<void> {
  await log.work(...events(1, 4, { tenantId }))
  await log.work(...events(5, 8, { tenantId }))
  await seal(tenantId, { checkpointEntries: 8 })
  await log.work(...events(9, 12, { tenantId }))
  nowMs += minuteMs
  await seal(tenantId)
}

test('every processed event has one entry, in the order of processing, and all of it holds', async () => {
  await twelve()
  expect((await entries()).map(({ sequence, eventId }) => [sequence, eventId])).toEqual(Array.from({ length: 12 }, (_, n) => [n + 1, `e${n + 1}`]))
  const verified = await verify()
  expect(verified).toMatchObject({ valid: true, entries: 12, erased: 0, events: 12, from: 1, to: 12, pending: 0, next: undefined, head: { sequence: 12 } })
  expect(verified.checkpoints).toMatchObject({ checked: 2, lastSigned: { sequence: 12 } })
})

test('events that wait to be sealed are in the log already, and count as waiting', async () => {
  await log.work(...events(1, 3))
  expect(await verify()).toMatchObject({ valid: true, entries: 0, events: 3, pending: 3, head: { sequence: 0 } })
})

test('worked through again after a crash, events add nothing; new ones beside them are added', async () => {
  await log.work(...events(1, 3))
  await log.work(...events(1, 3))
  await log.work(...events(2, 5), ...events(5, 5))
  await seal()
  await log.work(...events(1, 5))
  await seal()
  expect((await entries()).map(({ eventId }) => eventId)).toEqual(['e1', 'e2', 'e3', 'e4', 'e5'])
  expect(await verify()).toMatchObject({ valid: true, entries: 5 })
})

test('an event whose transaction fails has neither an outcome nor an entry', async () => {
  await expect(
    log.database.transaction(['acme'], async (sql) => {
      appendDecisions(sql, [{ kind: 'case-resolved', tenantId: 'acme', atMs: nowMs, content: {} }])
      throw new Error('something else failed')
    }),
  ).rejects.toThrow('something else failed')
  expect(await log.admin.query('select * from violation.decision_batches')).toEqual([])
  expect(await verify()).toMatchObject({ valid: true, pending: 0 })
})

test('a crash between the stage and the sealing, or in it, loses nothing', async () => {
  await log.work(...events(1, 4))
  // The sealer's transaction goes as it came.
  await expect(seal('acme', { checkpointEntries: 1, sign: () => { throw new Error('killed') } })).rejects.toThrow('killed')
  expect(await verify()).toMatchObject({ valid: true, entries: 0, pending: 4 })
  await seal()
  expect(await verify()).toMatchObject({ valid: true, entries: 4, pending: 0 })
})

test('several sealers at once make one chain', async () => {
  for (let n = 0; n < 10; n++) await log.work(...events(n * 10 + 1, n * 10 + 10))
  for (let pending = 100; pending > 0; pending = (await verify()).pending) await Promise.all([seal(), seal(), seal(), seal()])
  expect((await entries()).map(({ sequence }) => sequence)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1))
  expect(await verify()).toMatchObject({ valid: true, entries: 100 })
})

test("tenants have chains of their own, and one's faults are not the other's", async () => {
  await log.work(...events(1, 3), ...events(1, 2, { tenantId: 'other' }))
  await seal()
  await seal('other')
  expect((await entries()).length).toBe(3)
  expect((await entries('other')).map(({ sequence }) => sequence)).toEqual([1, 2])
  await log.admin.query(`update violation.processed_events set risk = '{}' where tenant_id = 'other'`)
  expect((await verify()).valid).toBe(true)
  expect((await verify('other')).firstBroken).toMatchObject({ sequence: 1, reason: 'content-differs' })
})

const where = `tenant_id = 'acme' and event_id = 'e6'`
test.each([
  ['the id', `update violation.processed_events set event_id = 'x' where ${where}`],
  ['the source', `update violation.processed_events set source = 'x' where ${where}`],
  ['the viewer', `update violation.processed_events set subject = 'x' where ${where}`],
  ['the type', `update violation.processed_events set type = 'x' where ${where}`],
  ['the time', `update violation.processed_events set event_time = event_time + interval '1 microsecond' where ${where}`],
  ['the receipt', `update violation.processed_events set received_at = received_at + interval '1 ms' where ${where}`],
  ['when it was processed', `update violation.processed_events set processed_at = processed_at - interval '1 ms' where ${where}`],
  ['the way it took', `update violation.processed_events set timeline = timeline || ' ' where ${where}`],
  ['the rules in force', `update violation.processed_events set rule_set_version = 'x' where ${where}`],
  ['the findings', `update violation.processed_events set findings = '[]' where ${where}`],
  ['a space in the risk', `update violation.processed_events set risk = (risk::text || ' ')::json where ${where}`],
  ['the salt', `update violation.processed_events set salt = decode(repeat('00', 16), 'hex') where ${where}`],
  ['the batch', `update violation.processed_events set decision_batch = gen_random_uuid() where ${where}`],
  ['the violation it is evidence for', `update violation.evidence set violation_id = 'x' where ${where}`],
  ['what was found', `update violation.evidence set found = '{}' where ${where}`],
  ['that it was evidence', `delete from violation.evidence where ${where}`],
])('an event of which %s was changed is found at its sequence', async (_what, statement) => {
  await twelve()
  await log.admin.query(statement)
  expect((await verify()).firstBroken).toMatchObject({ sequence: 6, reason: 'content-differs' })
})

test('evidence that was added later is found', async () => {
  await twelve()
  await log.admin.query(`insert into violation.evidence select tenant_id, event_key, 'r9', 'v9', event_id, event_time, '{}' from violation.processed_events where event_id = 'e7'`)
  expect((await verify()).firstBroken).toMatchObject({ sequence: 7, reason: 'content-differs' })
})

const second = `(select batch_id from violation.decision_links where first_sequence = 5)`
test.each([
  ['a digest', 6, 'hash-differs', `update violation.decision_batches set digests = set_byte(digests, 40, get_byte(digests, 40) # 1) where id = ${second}`],
  ['a key', 6, 'hash-differs', `update violation.decision_batches set keys[2] = gen_random_uuid() where id = ${second}`],
  ['the kind', 5, 'content-missing', `update violation.decision_batches set kind = 'change' where id = ${second}`],
  ['a hash', 7, 'hash-differs', `update violation.decision_links set hashes = set_byte(hashes, 64, get_byte(hashes, 64) # 128) where first_sequence = 5`],
  ['the hash before', 5, 'previous-hash-differs', `update violation.decision_links set prev_hash = set_byte(prev_hash, 0, get_byte(prev_hash, 0) # 1) where first_sequence = 5`],
  ['the time of sealing', 5, 'hash-differs', `update violation.decision_links set at = at + interval '1 ms' where first_sequence = 5`],
  ['a microsecond of the time of sealing', 5, 'hash-differs', `update violation.decision_links set at = at + interval '1 microsecond' where first_sequence = 5`],
  ['the sequence', 5, 'gap', `update violation.decision_links set first_sequence = 500 where first_sequence = 5`],
  ['the tenant', 5, 'gap', `update violation.decision_links set tenant_id = 'x' where first_sequence = 5`],
  ["the batch's id", 5, 'batch-missing', `update violation.decision_links set batch_id = gen_random_uuid() where first_sequence = 5`],
])('a link of which %s was changed is found at its sequence', async (_what, sequence, reason, statement) => {
  await twelve()
  await log.admin.query(statement)
  expect((await verify()).firstBroken).toMatchObject({ sequence, reason })
})

test.each([
  ['link in the middle', 5, 'gap', `delete from violation.decision_links where first_sequence = 5`],
  ['first link', 1, 'gap', `delete from violation.decision_links where first_sequence = 1`],
  ['batch', 5, 'batch-missing', `delete from violation.decision_batches where id = ${second}`],
  ['event', 6, 'content-missing', `delete from violation.processed_events where ${where}`],
  ['end of the chain', 12, 'checkpoint-beyond-head', `delete from violation.decision_links where first_sequence = 9`],
  ['end of the chain with its checkpoint', null, 'event-without-entry', `delete from violation.decision_links where first_sequence = 9; delete from violation.decision_checkpoints where sequence = 12`],
])('a deleted %s is found', async (_what, sequence, reason, statement) => {
  await twelve()
  for (const each of statement.split(';')) await log.admin.query(each)
  expect((await verify()).firstBroken).toMatchObject({ sequence, reason })
})

test('an event that was slipped in has no entry, and is found', async () => {
  await twelve()
  await log.admin.query(`insert into violation.processed_events select tenant_id, gen_random_uuid(), 'slipped-in', source, subject, type, event_time, received_at, processed_at, timeline, rule_set_version, findings, risk, salt, decision_batch from violation.processed_events where event_id = 'e6'`)
  expect((await verify()).firstBroken).toMatchObject({ sequence: null, reason: 'event-without-entry' })
})

/** What somebody with all rights to the database can do who hasn't got the signing key. */
async function rewriteFrom(firstSequence: number): Promise<void> {
  const links = await log.admin.query<{ first_sequence: string; keys: string[]; digests: Buffer; prev_hash: Buffer; at: Date }>(
    `select l.first_sequence, b.keys, b.digests, l.prev_hash, l.at from violation.decision_links l join violation.decision_batches b on b.id = l.batch_id where first_sequence >= ${firstSequence} order by 1`,
  )
  let prevHash: Buffer = links[0]?.prev_hash ?? genesis
  for (const { first_sequence: first, keys: uuids, digests, at } of links) {
    const hashes = linkHashes({ tenantId: 'acme', prevHash, firstSequence: Number(first), atMs: at.getTime(), keys: uuids.map((key) => key.replaceAll('-', '')), digests })
    await log.admin.query(`update violation.decision_links set prev_hash = $1, hashes = $2 where first_sequence = $3`, [prevHash, hashes, first])
    prevHash = hashes.subarray(-32)
  }
}

describe('a tail that was rewritten, with every digest and hash computed anew,', () => {
  beforeEach(async () => {
    await twelve()
    // Another event's row and digest in place of the sixth's: consistent by itself.
    await log.admin.query(`delete from violation.processed_events where ${where}`)
    await log.admin.query(`update violation.decision_batches set keys[2] = keys[1], digests = overlay(digests placing substring(digests from 1 for 32) from 33 for 32) where id = ${second}`)
  })

  test('is a batch that names a key twice', async () => {
    await rewriteFrom(5)
    expect((await verify()).firstBroken).toMatchObject({ sequence: 5, reason: 'batch-differs' })
  })

  test('is not the one that the checkpoint signs', async () => {
    await log.admin.query(`update violation.decision_batches set keys = keys[1:1] || keys[3:4], digests = substring(digests from 1 for 32) || substring(digests from 65) where id = ${second}`)
    await log.admin.query(`update violation.decision_links set entries = 3, hashes = substring(hashes from 1 for 96) where first_sequence = 5`)
    await log.admin.query(`update violation.decision_links set first_sequence = 8 where first_sequence = 9`)
    await rewriteFrom(5)
    expect((await verify()).firstBroken).toMatchObject({ sequence: 8, reason: 'checkpoint-hash-differs' })
    const head = (await verify()).head
    // Nor does it help to write the checkpoints anew, by no key or by another.
    await log.admin.query(`delete from violation.decision_checkpoints where sequence = 12`)
    await log.admin.query(`update violation.decision_checkpoints set sequence = 11, hash = $1`, [Buffer.from(head.hash, 'hex')])
    expect((await verify()).firstBroken).toMatchObject({ sequence: 11, reason: 'checkpoint-signature-invalid' })
    const own = openCheckpointKeys(generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'))
    const forged = own.sign!({ tenantId: 'acme', sequence: 11, hash: head.hash, at: new Date(nowMs).toISOString() })
    await log.admin.query(`update violation.decision_checkpoints set at = $1, key_id = $2, signature = $3`, [forged.at, forged.keyId, Buffer.from(forged.signature, 'base64url')])
    expect((await verify()).firstBroken).toMatchObject({ sequence: 11, reason: 'checkpoint-key-unknown' })
  })
})

test('any single bit that differs in what the log keeps, or was decided, is found', async () => {
  await twelve()
  const columns = [
    ['violation.decision_batches', 'digests', 3 * 4 * 32],
    ['violation.decision_links', 'hashes', 3 * 4 * 32],
    ['violation.decision_links', 'prev_hash', 3 * 32],
    ['violation.decision_checkpoints', 'hash', 2 * 32],
    ['violation.decision_checkpoints', 'signature', 2 * 64],
    ['violation.processed_events', 'salt', 12 * 16],
  ] as const
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...columns), fc.nat(), fc.integer({ min: 0, max: 7 }), async ([table, column, bytes], place, bit) => {
      const rows = await log.admin.query<{ place: string; length: number }>(`select ctid::text as place, octet_length(${column}) as length from ${table} order by ctid`)
      const row = rows[place % rows.length]!
      const byte = (place % bytes) % row.length
      const flip = (at: string) => log.admin.query<{ place: string }>(`update ${table} set ${column} = set_bit(${column}, ${byte * 8 + bit}, 1 - get_bit(${column}, ${byte * 8 + bit})) where ctid = '${at}' returning ctid::text as place`)
      const [changed] = await flip(row.place)
      const { valid } = await verify()
      await flip(changed!.place)
      expect(valid).toBe(false)
    }),
    { numRuns: 60 },
  )
  expect((await verify()).valid).toBe(true)
})

test.each(['decision_batches', 'decision_links', 'decision_checkpoints'])("the service's own role can neither change nor remove rows of %s", async (table) => {
  await twelve()
  const asService = (statement: string) => log.database.transaction(['acme'], (sql) => sql.query(statement))
  expect((await asService(`select * from violation.${table}`)).length).toBeGreaterThan(0)
  for (const statement of [`update violation.${table} set tenant_id = tenant_id`, `delete from violation.${table}`, `truncate violation.${table}`]) {
    await expect(asService(statement)).rejects.toThrow(`permission denied for table ${table}`)
  }
})

describe('changes that people decide', () => {
  const change = (content: Record<string, string>, subject = 'viewer-1') =>
    log.database.transaction(['acme'], async (sql) => appendDecisions(sql, [{ kind: 'case-resolved', tenantId: 'acme', subject, atMs: nowMs + minuteMs, content }]))

  test('have their places among the events, and a change to one is found', async () => {
    await log.work(...events(1, 2))
    await change({ by: 'key-1', why: 'seen' })
    await seal()
    expect((await entries()).map(({ kind }) => kind)).toEqual(['event', 'event', 'change'])
    expect(await verify()).toMatchObject({ valid: true, entries: 3 })
    await log.admin.query(`update violation.decision_changes set content = replace(content, 'seen', 'not seen')`)
    expect((await verify()).firstBroken).toMatchObject({ sequence: 3, reason: 'content-differs' })
  })

  test('can not pass as others', async () => {
    await change({ by: 'key-1' })
    await seal()
    await log.admin.query(`update violation.decision_changes set kind = 'case-opened'`)
    expect((await verify()).firstBroken).toMatchObject({ sequence: 1, reason: 'content-differs' })
    await expect(log.database.transaction(['acme'], async (sql) => appendDecisions(sql, [{ kind: 'erasure', tenantId: 'acme', atMs: 0, content: {} }]))).rejects.toThrow('none that a person decides')
  })
})

test('what a person decides of a case is an entry of its own, and what is made of it later is found', async () => {
  await log.work(...events(2, 2))
  await seal()
  const [opened] = await log.admin.query<{ id: string }>('select id from violation.violations')
  await moveCase(log.database, { tenantId: 'acme', id: opened?.id ?? '', by: 'key-1', reason: 'asked', nowMs }, 'resolve')
  await seal()
  expect(await verify()).toMatchObject({ valid: true, entries: 2 })
  await log.admin.query(`update violation.decision_changes set content = replace(content::text, 'asked', 'bribed')`)
  expect((await verify()).firstBroken).toMatchObject({ sequence: 2, reason: 'content-differs' })
})

describe('when a person is erased', () => {
  const erase = (isNoted = true) =>
    // The service deletes nothing of a case: whoever owns the tables erases a person.
    log.database.transaction(['acme'], async (sql) => {
      const gone = await log.admin.query<{ event_key: string }>(`delete from violation.processed_events where tenant_id = 'acme' and subject = 'viewer-2' returning event_key`)
      await log.admin.query(`delete from violation.evidence where tenant_id = 'acme' and event_key = any($1)`, [gone.map(({ event_key }) => event_key)])
      if (isNoted) recordErasure(sql, { tenantId: 'acme', keys: gone.map(({ event_key }) => event_key), by: 'key-1', atMs: nowMs })
    })
  beforeEach(async () => {
    await log.work(...events(1, 3), ...events(4, 6, { subject: 'viewer-2' }), ...events(7, 8, { subject: 'viewer-3' }))
    await seal()
  })

  test('the chain holds all the same, and tells how many entries it concerns', async () => {
    await erase()
    expect(await verify()).toMatchObject({ valid: true, entries: 8, erased: 3, pending: 1 })
    await seal()
    expect(await verify()).toMatchObject({ valid: true, entries: 9, erased: 3, pending: 0 })
  })

  test('without a note of it in the log, it is a deletion', async () => {
    await erase(false)
    expect((await verify()).firstBroken).toMatchObject({ sequence: 4, reason: 'content-missing' })
  })

  test('a note that nobody sealed, or that was widened later, covers nothing', async () => {
    await erase()
    await seal()
    await log.admin.query(`delete from violation.processed_events where event_id = 'e8'`)
    await log.admin.query(`update violation.decision_changes set erased_keys = (select keys from violation.decision_batches where kind = 'event')`)
    expect((await verify()).firstBroken).toMatchObject({ sequence: 8, reason: 'content-missing' })
  })
})

describe('in steps', () => {
  test('a step that may take no time looks at one page, and those after it at the rest', async () => {
    for (let n = 0; n < 3; n++) await log.work(...events(n * 900 + 1, n * 900 + 900, { rules: [] }))
    await seal()
    const steps: Verified[] = []
    for (let at: Position | undefined = startAt(); at !== undefined; at = steps.at(-1)?.next) steps.push(await verify('acme', at, 0))
    expect(steps.length).toBeGreaterThan(3)
    expect(steps.every(({ valid }) => valid)).toBe(true)
    expect(steps.reduce((sum, { entries: own }) => sum + own, 0)).toBe(2_700)
    expect(steps.reduce((sum, { events: own }) => sum + own, 0)).toBe(2_700)
  })

  test('only a range is looked at when only that is asked for', async () => {
    await twelve()
    await log.admin.query(`update violation.processed_events set type = 'x' where event_id = 'e2'`)
    expect(await verify('acme', startAt(5, 8))).toMatchObject({ valid: true, from: 5, to: 8, entries: 4, events: 0, next: undefined })
    expect((await verify('acme', startAt(1, 8))).firstBroken).toMatchObject({ sequence: 2 })
  })

  test('a range that begins or ends where a link has been deleted is no sound one', async () => {
    await twelve()
    await log.admin.query(`delete from violation.decision_links where first_sequence = 5`)
    expect((await verify('acme', startAt(6, 8))).valid).toBe(false)
    expect((await verify('acme', startAt(9, 12))).valid).toBe(false)
  })
})

test('checkpoints come after so many entries, and after so long where there are fewer', async () => {
  await log.work(...events(1, 4))
  expect(await seal('acme', { checkpointEntries: 4 })).toMatchObject({ entries: 4, checkpoints: 1, isUncovered: false })
  await log.work(...events(5, 5))
  expect(await seal()).toMatchObject({ entries: 1, checkpoints: 0, isUncovered: true })
  nowMs += minuteMs
  expect(await seal()).toMatchObject({ entries: 0, checkpoints: 1, isUncovered: false })
  nowMs += minuteMs
  expect(await seal()).toMatchObject({ entries: 0, checkpoints: 0 })
  expect((await listCheckpoints(log.database, 'acme', 100, 10)).map(({ sequence }) => sequence)).toEqual([5, 4])
})

test('an installation without a key makes no checkpoints, and its chain holds', async () => {
  await log.work(...events(1, 4))
  nowMs += minuteMs
  expect(await seal('acme', { sign: undefined })).toMatchObject({ entries: 4, checkpoints: 0, isUncovered: false })
  expect(await verify()).toMatchObject({ valid: true, checkpoints: { checked: 0, lastSigned: null } })
})
