import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { TransientError } from '@ott/pipeline/errors'
import { AwsClient } from 'aws4fetch'
import { addressOf, ArtefactError, artefactBytesMax, placeOf, type ArtefactStore } from '../src/registry/artefact-store.ts'
import { openFileArtefactStore } from '../src/registry/file-artefact-store.ts'
import { modelStorePattern, openArtefactStore } from '../src/registry/open-artefact-store.ts'
import { openS3ArtefactStore, type S3Settings } from '../src/registry/s3-artefact-store.ts'
import { anS3StandIn, type S3StandIn } from './s3-stand-in.ts'

let folder: string
let s3: S3StandIn
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ott-artefacts-'))
  s3 = await anS3StandIn()
})
afterAll(async () => {
  await s3?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => s3.failNext(0, 500))

const s3Settings = (more: Partial<S3Settings> = {}): S3Settings => ({
  ...{ endpoint: s3.endpoint, region: 'eu-central-1', bucket: 'models', prefix: 'ott', accessKeyId: 'key-id', secretAccessKey: 'the-secret', backoffMs: 1, timeoutMs: 5_000 },
  ...more,
})

interface Tried {
  readonly store: ArtefactStore
  /** Puts other bytes where an artefact is, past the store. */
  damage(tenantId: string, sha256: string, bytes: Buffer): Promise<void>
}

/** A server of S3's protocol may be named, such as http://127.0.0.1:7070; its bucket `models` must be there. */
const realEndpoint = process.env['OTT_TEST_S3_ENDPOINT']
function aRealServer(endpoint: string): Tried {
  const keys = { accessKeyId: process.env['OTT_TEST_S3_ACCESS_KEY_ID'] ?? '', secretAccessKey: process.env['OTT_TEST_S3_SECRET_ACCESS_KEY'] ?? '' }
  const client = new AwsClient({ ...keys, region: 'us-east-1', service: 's3' })
  return {
    store: openS3ArtefactStore(s3Settings({ ...keys, endpoint, region: 'us-east-1' })),
    async damage(tenantId, sha256, body) {
      const { status } = await client.fetch(`${endpoint}/models/ott/${placeOf(tenantId, sha256)}`, { method: 'PUT', body: new Uint8Array(body) })
      expect(status).toBe(200)
    },
  }
}
const adapters: [string, () => Tried][] = [
  ['a folder', () => ({ store: openFileArtefactStore(folder), damage: (tenantId, sha256, bytes) => writeFile(join(folder, placeOf(tenantId, sha256)), bytes) })],
  ['a bucket', () => ({ store: openS3ArtefactStore(s3Settings()), damage: async (tenantId, sha256, bytes) => void s3.objects.set(`/models/ott/${placeOf(tenantId, sha256)}`, bytes) })],
]
if (realEndpoint !== undefined) adapters.push([`the server ${realEndpoint}`, () => aRealServer(realEndpoint)])

const faultOf = (work: Promise<unknown>) => work.then(() => 'none', (error: unknown) => (error instanceof ArtefactError ? error.fault : String(error)))

describe.each(adapters)('in %s', (_name, open) => {
  test.each([['one byte', 1], ['what no chunk holds', 3_000_001]])('an artefact of %s is read as it was kept', async (_what, size) => {
    const { store } = open()
    const bytes = randomBytes(size)
    const address = await store.put('acme', bytes)
    expect(address).toEqual(addressOf(bytes))
    expect(Buffer.compare(await store.get('acme', address), bytes)).toBe(0)
  })

  test('the same bytes may be kept again, also by several at once, and have one address', async () => {
    const { store } = open()
    const bytes = randomBytes(70_000)
    const addresses = await Promise.all(Array.from({ length: 8 }, () => store.put('acme', bytes)))
    expect(new Set(addresses.map(({ sha256 }) => sha256)).size).toBe(1)
    expect(Buffer.compare(await store.get('acme', await store.put('acme', bytes)), bytes)).toBe(0)
  })

  test('what is not there is missing, also what another tenant has', async () => {
    const { store } = open()
    const address = await store.put('acme', randomBytes(9))
    expect(await faultOf(store.get('globex', address))).toBe('missing')
    expect(await faultOf(store.get('acme', addressOf(Buffer.from(randomUUID()))))).toBe('missing')
  })

  test('bytes that are others than those of the address are refused, whatever their number', async () => {
    const { store, damage } = open()
    const bytes = randomBytes(1_000)
    const address = await store.put('acme', bytes)
    const flipped = Buffer.from(bytes)
    flipped[500] = (flipped[500] ?? 0) ^ 1
    for (const other of [flipped, bytes.subarray(0, 999), Buffer.concat([bytes, bytes]), Buffer.alloc(0)]) {
      await damage('acme', address.sha256, other)
      expect([other.length, await faultOf(store.get('acme', address))]).toEqual([other.length, 'corrupt'])
    }
    await store.put('acme', bytes)
    expect(Buffer.compare(await store.get('acme', address), bytes)).toBe(0)
  })

  test('nothing and too much are refused before anything is sent', async () => {
    const { store } = open()
    expect(await faultOf(store.put('acme', new Uint8Array(0)))).toBe('refused')
    expect(await faultOf(store.put('acme', new Uint8Array(artefactBytesMax + 1)))).toBe('too-large')
  })

  test.each([['../acme', 'a'.repeat(64)], ['acme', '../../etc/passwd'], ['acme/x', 'a'.repeat(64)], ['acme', 'A'.repeat(64)]])('%s and %s are no address', async (tenantId, sha256) => {
    expect(await faultOf(open().store.get(tenantId, { sha256, sizeBytes: 1 }))).toBe('refused')
  })
})

test('a folder never shows half an artefact, and keeps no remains', async () => {
  const own = await mkdtemp(join(folder, 'whole-'))
  const store = openFileArtefactStore(own)
  const address = addressOf(Buffer.alloc(4_000_000, 7))
  const writing = store.put('acme', Buffer.alloc(4_000_000, 7))
  const seen = new Set<string>()
  let done = false
  void writing.then(() => (done = true))
  while (!done) seen.add(await store.get('acme', address).then((bytes) => `whole ${bytes.length}`, (error: unknown) => (error as ArtefactError).fault))
  expect([...seen].filter((each) => each !== 'missing' && each !== 'whole 4000000')).toEqual([])
  expect(await readdir(join(own, 'acme', address.sha256.slice(0, 2)))).toEqual([address.sha256])
})

test('a folder that can not be written is told with the reason, and is no matter of waiting', async () => {
  const file = join(folder, 'a-file')
  await writeFile(file, '')
  await expect(openFileArtefactStore(file).put('acme', Buffer.from('x'))).rejects.toThrow(/could not be kept: E\w+/)
  expect(await faultOf(openFileArtefactStore(file).put('acme', Buffer.from('x')))).toBe('refused')
})

describe('a bucket', () => {
  test.each([['an error', 503], ['a plea to wait', 429], ['a broken connection', 0]])('that answers with %s twice is asked a third time', async (_what, status) => {
    const store = openS3ArtefactStore(s3Settings())
    s3.failNext(2, status)
    const address = await store.put('acme', Buffer.from(`kept after ${status}`))
    s3.failNext(2, status)
    expect(Buffer.from(await store.get('acme', address)).toString()).toBe(`kept after ${status}`)
  })

  test.each([['fails', 500], ['cuts connections', 0], ['never answers', -1]])('that %s for longer is a transient fault', async (_what, status) => {
    s3.failNext(3, status)
    const store = openS3ArtefactStore(s3Settings({ timeoutMs: status === -1 ? 50 : 5_000 }))
    await expect(store.get('acme', addressOf(Buffer.from('x')))).rejects.toBeInstanceOf(TransientError)
  })

  test('that refuses is asked once, and neither keys nor what it said are told', async () => {
    s3.failNext(1, 403)
    const asked = s3.requests.length
    const refusal = await openS3ArtefactStore(s3Settings()).get('acme', addressOf(Buffer.from('x'))).catch((error: unknown) => error as ArtefactError)
    expect([s3.requests.length - asked, refusal]).toEqual([1, expect.objectContaining({ fault: 'refused' })])
    expect(String(refusal)).not.toMatch(/secret|key-id/)
  })

  test('is asked by path-style addresses, signed for its region over the hash of the body', async () => {
    const address = await openS3ArtefactStore(s3Settings({ endpoint: `${s3.endpoint}/` })).put('acme', Buffer.from('signed'))
    const { url, headers } = s3.requests.at(-1) as (typeof s3.requests)[number]
    expect(url).toBe(`/models/ott/acme/${address.sha256.slice(0, 2)}/${address.sha256}`)
    expect(headers['x-amz-content-sha256']).toBe(address.sha256)
    expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=key-id\/\d{8}\/eu-central-1\/s3\/aws4_request, SignedHeaders=[^,]*x-amz-content-sha256/)
    expect(JSON.stringify(s3.requests)).not.toContain('the-secret')
  })
})

describe('the setting MODEL_STORE', () => {
  test.each(['file:.data/models', 'file:/var/lib/models', 's3://models', 's3://models/', 's3://my.bucket-1/ott/eu'])('takes %s', (value) => {
    expect(value).toMatch(modelStorePattern)
  })
  test.each(['', 'models', 'file:', 's3://', 's3://UPPER', 's3://a', 's3://models/../other', 's3://models/a//b', 'https://models', 's3://user:secret@models'])('refuses %j', (value) => {
    expect(value).not.toMatch(modelStorePattern)
  })
  test('of a bucket needs keys, and says so without them', () => {
    const settings = { MODEL_STORE: 's3://models', MODEL_STORE_REGION: 'eu-central-1', MODEL_STORE_SECRET_ACCESS_KEY: 'the-secret' }
    expect(() => openArtefactStore(settings)).toThrow(/^MODEL_STORE_ACCESS_KEY_ID, MODEL_STORE_SECRET_ACCESS_KEY: must be set for a bucket$/)
    expect(openArtefactStore({ ...settings, MODEL_STORE_ACCESS_KEY_ID: 'id' })).toHaveProperty('get')
  })
})
