import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { buildEvent } from '@ott/contracts/define-event'
import { modelConfigured, type ModelConfiguration, type ServedVersion } from '@ott/contracts/model-configured'
import { TransientError } from '@ott/pipeline/errors'
import { createMemoryBus, type MemoryBus } from '@ott/pipeline/memory-bus'
import { writeFile } from 'node:fs/promises'
import { placeOf, type ArtefactStore } from '../src/registry/artefact-store.ts'
import { openFileArtefactStore } from '../src/registry/file-artefact-store.ts'
import type { ModelDirectory, ModelsInForce } from '../src/registry/model-directory.ts'
import { aDirectory, createConfigTopics, loaders, until, type Constant, type DirectoryLog } from './registry-fixture.ts'

let bus: MemoryBus
let folder: string
let store: ArtefactStore
let log: DirectoryLog
const open: ModelDirectory<Constant>[] = []
beforeEach(async () => {
  bus = createMemoryBus()
  folder = await mkdtemp(join(tmpdir(), 'ott-models-'))
  store = openFileArtefactStore(folder)
  log = { refused: [], invalid: [], changed: [] }
  await createConfigTopics(bus)
})
afterEach(async () => {
  for (const directory of open.splice(0)) await directory.stop()
  await bus.close()
  await rm(folder, { recursive: true, force: true })
})
async function follow(from: ArtefactStore = store): Promise<ModelDirectory<Constant>> {
  const directory = await aDirectory(bus, `g${open.length}`, from, log)
  open.push(directory)
  return directory
}

/** A version whose artefact says its number divided by 100, kept in the store. */
async function kept(version: number, status: ServedVersion['status'] = 'champion', more: Partial<ServedVersion> & { bytes?: Buffer } = {}): Promise<ServedVersion> {
  const { bytes = Buffer.from(JSON.stringify({ score: version / 100 })), ...rest } = more
  const address = await store.put('acme', bytes)
  return { version, status, kind: 'constant', metadata: {}, metrics: {}, ...address, ...rest }
}
let sequence = 0
async function tell(served: readonly ServedVersion[], more: Partial<ModelConfiguration> = {}): Promise<void> {
  const data: ModelConfiguration = { tenantId: 'acme', model: 'risk-ensemble', sequence: ++sequence, served: [...served], ...more }
  const event = buildEvent(modelConfigured, { id: `${sequence}`, subject: data.model, time: '2026-01-01T00:00:00Z', tenantid: data.tenantId, data })
  await bus.publish([{ topic: modelConfigured.topic, key: `${data.tenantId}:${data.model}`, value: JSON.stringify(event), headers: {} }])
}
const shown = ({ champion, challengers }: ModelsInForce<Constant>) => [champion?.version, champion?.servable.score, challengers.map(({ version }) => version)]
const inForce = (directory: ModelDirectory<Constant>, tenantId = 'acme') => shown(directory.modelsOf(tenantId, 'risk-ensemble'))
const isChampion = (directory: ModelDirectory<Constant>, version: number | undefined) => until(() => directory.modelsOf('acme', 'risk-ensemble').champion?.version === version)

test('a tenant has no model before one is told of, and then its own alone', async () => {
  const directory = await follow()
  expect(inForce(directory)).toEqual([undefined, undefined, []])
  await tell([await kept(1), await kept(2, 'challenger')])
  await until(() => directory.modelsOf('acme', 'risk-ensemble').challengers.length === 1)
  expect(inForce(directory)).toEqual([1, 0.01, [2]])
  expect([inForce(directory, 'globex'), shown(directory.modelsOf('acme', 'seasonal'))]).toEqual([[undefined, undefined, []], [undefined, undefined, []]])
})

test('one record goes from one champion to another; what a batch holds stays as it is', async () => {
  const directory = await follow()
  await tell([await kept(1)])
  await isChampion(directory, 1)
  const held = directory.modelsOf('acme', 'risk-ensemble')
  await tell([await kept(2)])
  await isChampion(directory, 2)
  expect([shown(held), inForce(directory)]).toEqual([[1, 0.01, []], [2, 0.02, []]])
  await tell([])
  await isChampion(directory, undefined)
})

test('an older record changes nothing, and a process that starts later has the same in force', async () => {
  const first = await follow()
  await tell([await kept(5)], { sequence: 1_000 })
  await tell([await kept(4)], { sequence: 999 })
  await tell([await kept(1)], { model: 'seasonal', sequence: 1 })
  await until(() => first.modelsOf('acme', 'seasonal').champion !== undefined)
  expect(inForce(first)).toEqual([5, 0.05, []])
  expect(inForce(await follow())).toEqual([5, 0.05, []])
})

test('while the load of one is under way, what is told last comes to hold', async () => {
  const gate = Promise.withResolvers<void>()
  const first = await kept(1)
  const slow: ArtefactStore = { ...store, get: async (...asked) => (asked[1].sha256 === first.sha256 && (await gate.promise), store.get(...asked)) }
  const directory = await follow(slow)
  await tell([first])
  await tell([await kept(2)])
  await tell([await kept(3)])
  gate.resolve()
  await isChampion(directory, 3)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect([inForce(directory), log.changed.at(-1)]).toEqual([[3, 0.03, []], 'acme risk-ensemble 3 []'])
})

describe('a champion that does not load', () => {
  const cases: [string, string, (version: ServedVersion) => Promise<ServedVersion>][] = [
    ['damaged', 'corrupt', async (version) => (await writeFile(join(folder, placeOf('acme', version.sha256)), JSON.stringify({ score: 0.99 })), version)],
    ['not there', 'missing', async (version) => ({ ...version, sha256: 'f'.repeat(64) })],
    ['of a kind nobody loads', 'unknown-kind', async (version) => ({ ...version, kind: 'other' })],
    ['refused by its loader', 'does-not-load', () => kept(2, 'champion', { bytes: Buffer.from('{}') })],
  ]
  test.each(cases)('because it is %s leaves the one before in force, and is told once', async (_what, fault, spoil) => {
    const directory = await follow()
    await tell([await kept(1)])
    await isChampion(directory, 1)
    await tell([await spoil(await kept(2)), await kept(3, 'challenger')])
    await until(() => directory.refusedOf('acme', 'risk-ensemble').length === 1 && directory.modelsOf('acme', 'risk-ensemble').challengers.length === 1)
    expect(inForce(directory)).toEqual([1, 0.01, [3]])
    expect(directory.refusedOf('acme', 'risk-ensemble')).toMatchObject([{ version: 2, fault }])
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(log.refused).toEqual([`acme risk-ensemble 2 ${fault}`])
    await tell([await kept(4)])
    await isChampion(directory, 4)
    expect(directory.refusedOf('acme', 'risk-ensemble')).toEqual([])
  })

  test('keeps nobody from starting: another process begins without it', async () => {
    await tell([{ ...(await kept(1)), kind: 'other' }])
    const directory = await follow()
    expect([inForce(directory), directory.refusedOf('acme', 'risk-ensemble')]).toMatchObject([[undefined, undefined, []], [{ version: 1, fault: 'unknown-kind' }]])
  })

  test.each(['unavailable', 'missing'])('because the store is %s is loaded when it is there', async (fault) => {
    let away = true
    const version = await kept(2)
    const flaky: ArtefactStore = {
      ...store,
      async get(tenantId, address) {
        if (!away || address.sha256 !== version.sha256) return store.get(tenantId, address)
        if (fault === 'missing') return store.get('globex', address)
        throw new TransientError('away')
      },
    }
    const directory = await follow(flaky)
    await tell([await kept(1)])
    await isChampion(directory, 1)
    await tell([version])
    await until(() => directory.refusedOf('acme', 'risk-ensemble')[0]?.fault === fault)
    expect(inForce(directory)).toEqual([1, 0.01, []])
    away = false
    await isChampion(directory, 2)
    await until(() => directory.refusedOf('acme', 'risk-ensemble').length === 0)
  })
})

test('a challenger whose load hangs keeps no champion waiting', async () => {
  const challenger = await kept(2, 'challenger')
  const released = Promise.withResolvers<void>()
  let asked = 0
  const hanging: ArtefactStore = {
    ...store,
    async get(tenantId, address) {
      if (address.sha256 === challenger.sha256) {
        asked++
        await released.promise
      }
      return store.get(tenantId, address)
    },
  }
  const directory = await follow(hanging)
  await tell([await kept(1), challenger])
  await isChampion(directory, 1)
  for (const version of [3, 1, 4]) {
    await tell([await kept(version), challenger])
    await isChampion(directory, version)
  }
  expect(asked).toBe(1)
  released.resolve()
  await until(() => directory.modelsOf('acme', 'risk-ensemble').challengers.length === 1)
})

test('rolling back needs no store: the champion before is still loaded', async () => {
  let away = false
  const flaky: ArtefactStore = { ...store, get: (...asked) => (away ? Promise.reject(new TransientError('away')) : store.get(...asked)) }
  const directory = await follow(flaky)
  const [one, two] = [await kept(1), await kept(2)]
  await tell([one])
  await isChampion(directory, 1)
  await tell([two])
  await isChampion(directory, 2)
  away = true
  await tell([one])
  await isChampion(directory, 1)
})

test('records that break the contract are left out', async () => {
  const directory = await follow()
  const key = 'acme:risk-ensemble'
  await bus.publish([{ topic: modelConfigured.topic, key, value: '{', headers: {} }, { topic: modelConfigured.topic, key, value: null, headers: {} }])
  await tell([{ ...(await kept(1)), sha256: '../../etc/passwd' }])
  await tell([await kept(2)])
  await isChampion(directory, 2)
  expect(log.invalid).toHaveLength(2)
})

test('loaders are given the bytes of the artefact and its metadata', async () => {
  const given: unknown[] = []
  const watching = new Map([['constant', (artefact: { bytes: Uint8Array; metadata: object }) => {
    given.push([Buffer.from(artefact.bytes).toString(), artefact.metadata])
    return loaders.get('constant')!({ ...artefact, metadata: {} })
  }]])
  open.push(await aDirectory(bus, 'watching', store, log, watching))
  await tell([await kept(1, 'champion', { metadata: { columns: 18 } })])
  await until(() => given.length === 1)
  expect(given).toEqual([['{"score":0.01}', { columns: 18 }]])
})
