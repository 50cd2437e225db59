import { createHash, createPublicKey, generateKeyPairSync, verify as verifySignature } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { decisionLogShapes } from '@ott/contracts/decision-log-shapes'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import { callForTest } from '@ott/http/call-for-test'
import { serveForTest } from '@ott/http/serve-for-test'
import { TransientError } from '@ott/pipeline/errors'
import { createLogger } from '@ott/telemetry/logger'
import { createRegistry } from '@ott/telemetry/metrics'
import { openCheckpointKeys } from '../src/decision-log/checkpoint.ts'
import { addDecisionLogRoutes } from '../src/decision-log/decision-log-routes.ts'
import { listEntries, readProof, type EventProof } from '../src/decision-log/decision-log-store.ts'
import { openDecisionLog } from '../src/decision-log/open-decision-log.ts'
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
    expect(changed.map((each) => holds(each, keys.published))).toEqual(changed.map(() => false))
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

test('the addresses answer in the shapes of the contract, each tenant for itself, and tell which parameter is wrong', async () => {
  await log.work(...Array.from({ length: 12 }, (_, n) => aScored(`h${n + 1}`, { tenantId: 'http' })), aScored('h1', { tenantId: 'globex' }))
  await aSealer(['http', 'globex']).turn()
  const directory = { findByKey: (key: string) => ({ tenantId: key }) as TenantConfiguration, isCaughtUp: () => true }
  await using app = await serveForTest({ routes: (express) => addDecisionLogRoutes(express, { directory, database: log.database, keys }) })
  const get = async (path: string, tenant = 'http') => callForTest(app.url, { method: 'GET', path, headers: { 'x-api-key': tenant } })

  const verified = decisionLogShapes.DecisionLogVerification.strict().parse((await get('/v1/decision-log:verify')).body)
  expect(verified).toMatchObject({ valid: true, isComplete: true, entries: 12, events: 12, head: { sequence: 12 }, checkpoints: { checked: 1, isSigning: true }, next: null })
  expect((await get('/v1/decision-log:verify?from=3&to=12')).body).toMatchObject({ valid: true, events: 0 })
  expect((await get('/v1/decision-log:verify', 'globex')).body).toMatchObject({ valid: true, entries: 1 })

  const seenSequences: number[] = []
  for (let cursor = ''; ; ) {
    const page = decisionLogShapes.DecisionLogPage.strict().parse((await get(`/v1/decision-log?limit=5${cursor}`)).body)
    seenSequences.push(...page.items.map(({ sequence }) => sequence))
    if (page.next === null) break
    cursor = `&cursor=${page.next}`
  }
  expect(seenSequences).toEqual(Array.from({ length: 12 }, (_, n) => 12 - n))
  expect((await get('/v1/decision-log?to=7&limit=1')).body).toMatchObject({ items: [{ sequence: 7 }] })
  expect(decisionLogShapes.DecisionCheckpointPage.strict().parse((await get('/v1/decision-log/checkpoints')).body).items).toMatchObject([{ sequence: 12, tenantId: 'http' }])
  expect(decisionLogShapes.DecisionLogKeys.strict().parse((await get('/v1/decision-log/keys')).body).keys).toEqual(keys.published)
  expect(decisionLogShapes.EventProof.strict().parse((await get('/v1/events/h5/proof')).body)).toMatchObject({ eventId: 'h5' })
  expect((await get('/v1/events/h5/proof', 'globex')).status).toBe(404)

  for (const [path, field] of [['?from=0', 'from'], ['?to=x', 'to'], ['?from=5&to=4', 'to'], ['?cursor=abc', 'cursor'], ['?cursor=WyIiXQ', 'cursor']] as const) {
    expect(await get(`/v1/decision-log:verify${path}`)).toMatchObject({ status: 400, body: { errors: [{ field }] } })
  }
  await log.admin.query(`update violation.processed_events set subject = 'x' where tenant_id = 'http' and event_id = 'h5'`)
  const broken = decisionLogShapes.DecisionLogVerification.strict().parse((await get('/v1/decision-log:verify')).body)
  expect(broken).toMatchObject({ valid: false, isComplete: false, firstBroken: { sequence: 5, reason: 'content-differs' }, next: null })
})

test('a process seals by itself what is written, tells how much, and stops with its scope', async () => {
  const registry = createRegistry('test')
  const directory = { all: () => [{ tenantId: 'process' }] } as unknown as TenantDirectory
  const sealedEntries = async () => /ott_decision_log_sealed_entries_total\{[^}]*tenant="process"[^}]*\} 3/.test(await registry.metrics())
  {
    await using scope = new AsyncDisposableStack()
    const opened = openDecisionLog({ database: log.database, directory, settings: { DECISION_LOG_RETIRED_KEYS: '' }, log: createLogger({ service: 'test', level: 'fatal' }), registry, scope })
    opened.admit(['process'])
    await log.work(...[1, 2, 3].map((n) => aScored(`o${n}`, { tenantId: 'process' })))
    while (!(await sealedEntries())) await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await log.work(aScored('o4', { tenantId: 'process' }))
  expect(await listEntries(log.database, 'process', 100, 100)).toHaveLength(3)
})
