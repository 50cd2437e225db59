import { createHash, createPublicKey, generateKeyPairSync, verify as verifySignature } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { TransientError } from '@ott/pipeline/errors'
import { openCheckpointKeys } from '../src/decision-log/checkpoint.ts'
import { listEntries, readProof, type EventProof } from '../src/decision-log/decision-log-store.ts'
import { createSealer, type Waiting } from '../src/decision-log/sealer.ts'
import { openLogDatabase, processedAtMs, type LogDatabase } from './decision-log-fixture.ts'
import { aScored } from './scored-fixture.ts'

const keys = openCheckpointKeys(generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'))

let log: LogDatabase
beforeAll(async () => void (log = await openLogDatabase()))
afterAll(() => log?.close())

let nowMs = processedAtMs
const seen: { waiting?: ReadonlyMap<string, Waiting>; faults: unknown[] } = { faults: [] }
const aSealer = (tenantIds: readonly string[] = [], sign = keys.sign) =>
  createSealer({
    database: log.database,
    tenantIds: () => tenantIds,
    nowMs: () => nowMs,
    sign,
    checkpointEntries: 6,
    checkpointIntervalMs: 60_000,
    waitingEntriesMax: 4,
    waitingMsMax: 10_000,
    observer: { sealed: () => undefined, waiting: (waiting) => void (seen.waiting = waiting), fault: (error) => void seen.faults.push(error) },
  })
const failing = (): never => {
  throw new Error('the key is away')
}

test('while the log is too far behind, the stage pauses; once it has caught up, it goes on', async () => {
  const stuck = createSealer({ database: log.database, tenantIds: () => ['lag'], nowMs: () => nowMs, sign: failing, checkpointEntries: 1, checkpointIntervalMs: 60_000, waitingEntriesMax: 4, waitingMsMax: 10_000, observer: { sealed: () => undefined, waiting: (waiting) => void (seen.waiting = waiting), fault: (error) => void seen.faults.push(error) } })
  await log.work(...[1, 2, 3].map((n) => aScored(`l${n}`, { tenantId: 'lag' })))
  await stuck.turn()
  expect(seen.faults).toEqual([new Error('the key is away')])
  expect(() => stuck.admit(['lag'])).not.toThrow()
  await log.work(...[4, 5].map((n) => aScored(`l${n}`, { tenantId: 'lag' })))
  await stuck.turn()
  expect(seen.waiting?.get('lag')).toMatchObject({ entries: 5 })
  expect(() => stuck.admit(['lag'])).toThrow(TransientError)
  expect(() => stuck.admit(['another'])).not.toThrow()
  const well = aSealer(['lag'])
  await well.turn()
  await stuck.turn()
  expect(() => stuck.admit(['lag'])).not.toThrow()
  expect(await listEntries(log.database, 'lag', 100, 100)).toHaveLength(5)
})

test('few entries that wait too long pause it as well, and so does a sealer that nobody hears of', async () => {
  await log.work(aScored('s1', { tenantId: 'slow' }))
  await log.admin.query(`update violation.decision_pending set since = $1 where tenant_id = 'slow'`, [new Date(nowMs - 10_001)])
  const stuck = createSealer({ database: log.database, tenantIds: () => ['slow'], nowMs: () => nowMs, sign: failing, checkpointEntries: 1, checkpointIntervalMs: 1, waitingEntriesMax: 4, waitingMsMax: 10_000, observer: { sealed: () => undefined, waiting: () => undefined, fault: () => undefined } })
  await stuck.turn()
  expect(() => stuck.admit(['slow'])).toThrow('have waited too long')
  nowMs += 10_001
  expect(() => stuck.admit(['another'])).toThrow('not looked after')
})

/** The snippet of the document, as somebody would run it who has nothing but the answer. */
async function snippet(): Promise<(proof: unknown, keys: unknown) => boolean> {
  const text = await readFile(new URL('../../../docs/decision-log.md', import.meta.url), 'utf8')
  const code = /```js\n([\s\S]*?)```/.exec(text)?.[1]
  if (code === undefined) throw new Error('docs/decision-log.md has no snippet')
  const body = code.replace(/^import .*$/gm, '').replace('export function', 'return function')
  return (new Function('createHash', 'createPublicKey', 'verify', body) as (...given: unknown[]) => (proof: unknown, keys: unknown) => boolean)(createHash, createPublicKey, verifySignature)
}

test("an event's proof holds by itself, as the document says to check it, and any change to it shows", async () => {
  await log.work(...[1, 2, 3].map((n) => aScored(`p${n}`, { tenantId: 'proof', rules: ['r1'] })))
  await log.work(...[4, 5, 6, 7].map((n) => aScored(`p${n}`, { tenantId: 'proof' })))
  const sealer = aSealer(['proof'])
  await sealer.turn()
  const holds = await snippet()
  for (const id of ['p1', 'p3', 'p4', 'p7']) {
    const proof = (await readProof(log.database, 'proof', id)) as EventProof
    expect(proof.checkpoint).toMatchObject({ sequence: 7 })
    expect(JSON.parse(proof.content)).toMatchObject({ about: { eventId: id, subject: 'viewer-1' }, findings: id < 'p4' ? [{ rule: 'r1' }] : [] })
    expect(holds(proof, keys.published)).toBe(true)
    const { entry, checkpoint } = proof
    const changed: unknown[] = [
      { ...proof, content: proof.content.replace('viewer-1', 'viewer-2') },
      { ...proof, tenantId: 'other' },
      { ...proof, entry: { ...entry, sequence: entry.sequence + 1 } },
      { ...proof, entry: { ...entry, previousHash: '00'.repeat(32).replace(/^0/, entry.previousHash.startsWith('0') ? '1' : '0') } },
      { ...proof, checkpoint: { ...checkpoint, at: '2020-01-01T00:00:00.000Z' } },
      { ...proof, path: [...proof.path, { key: '00'.repeat(16), digest: '00'.repeat(32), at: entry.at }] },
    ]
    expect(changed.map((each) => holds(each, keys.published))).toEqual([false, false, false, entry.sequence === 1 && false, false, false])
    expect(holds(proof, [])).toBe(false)
  }
})

test('an event that waits has no proof yet, and one that nobody knows has none', async () => {
  await log.work(aScored('w1', { tenantId: 'waits' }))
  expect(await readProof(log.database, 'waits', 'w1')).toBe('waits')
  expect(await readProof(log.database, 'waits', 'none')).toBeUndefined()
  await aSealer(['waits']).turn()
  expect(await readProof(log.database, 'waits', 'w1')).toMatchObject({ eventId: 'w1', path: [], checkpoint: null, entry: { sequence: 1 } })
})
