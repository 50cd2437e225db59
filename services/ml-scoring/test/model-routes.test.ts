import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { apiShapes, type ApiShape } from '@ott/contracts/api-shapes'
import { challengersMax, modelConfigured, type ModelConfiguration } from '@ott/contracts/model-configured'
import { createMemoryBus, type MemoryBus } from '@ott/pipeline/memory-bus'
import type { ConfigurationAnnouncer } from '@ott/pipeline/announce-configuration'
import { addComparisons } from '../src/registry/comparison-store.ts'
import { tallyOf } from '../src/registry/compare-scores.ts'
import { changeStandings, readModel } from '../src/registry/model-store.ts'
import { aModelApi, anActor, anAnnouncer, createConfigTopics, registryPlaces, trained, type Answer, type ModelApi, type RegistryPlaces } from './registry-fixture.ts'

let places: RegistryPlaces
let bus: MemoryBus
let announcer: ConfigurationAnnouncer
let api: ModelApi
const trainings: unknown[] = []
beforeAll(async () => {
  places = await registryPlaces()
  bus = createMemoryBus()
  await createConfigTopics(bus)
  announcer = await anAnnouncer(places.database, bus)
  api = await aModelApi(places, announcer.announce, {
    startTraining: async (...asked) => {
      trainings.push(asked)
      return { runId: 'run-1' }
    },
  })
})
afterAll(async () => {
  await api?.[Symbol.asyncDispose]()
  await announcer?.stop()
  await bus?.close()
  await places?.[Symbol.asyncDispose]()
})
beforeEach(() => places.empty())

const ann = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => api.as()(method, path, body, headers)
const at = (rest = '') => `/v1/models/risk-ensemble${rest}`
/** Registers versions with these validation metrics. */
async function register(...aucs: number[]): Promise<void> {
  for (const auc of aucs) await api.registry.register(anActor(), trained(auc, { auc }))
}
const promote = (version: number, body?: object, headers?: Record<string, string>) => ann('POST', at(`/versions/${version}:promote`), body, headers)
const told = (): ModelConfiguration[] => bus.readAll(modelConfigured.topic).map(({ value }) => (JSON.parse(String(value)) as { data: ModelConfiguration }).data)
const statuses = async () => ((await ann('GET', at('/versions'))).body.items ?? []).map(({ version, status }) => `${String(version)} ${String(status)}`).reverse()

describe('a version', () => {
  test('is a candidate, numbered from 1, with what it was trained from; nobody is told of it', async () => {
    const before = told().length
    const registered = await api.registry.register(anActor(), trained(0.5))
    expect(registered).toMatchObject({ version: 1, status: 'candidate', kind: 'constant', sizeBytes: 13 })
    expect((await ann('GET', at('/versions/1'))).body).toMatchObject({
      ...{ model: 'risk-ensemble', version: 1, status: 'candidate', createdBy: 'acme-ann', metadata: { columns: 18 }, sha256: registered.sha256 },
      training: { seed: 7, dataSha256: 'd'.repeat(64), codeVersion: 'test', metrics: { auc: 0.9 } },
      transitions: [{ action: 'register', from: null, to: 'candidate', by: 'acme-ann' }],
    })
    expect(JSON.parse(Buffer.from(await places.store.get('acme', registered)).toString())).toEqual({ score: 0.5 })
    expect(told().length).toBe(before)
  })

  test('gets a number of its own, however many are registered at once', async () => {
    const registered = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => api.registry.register(anActor(), trained(n / 10))))
    expect(registered.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6])
  })

  test.each([
    ['a model that is none', { model: 'nothing' as never }],
    ['a kind that is none', { kind: 'A kind' }],
    ['metadata of a megabyte', { metadata: { text: 'x'.repeat(1_000_000) } }],
    ['a metric that is no number', { training: { ...trained(1).training, metrics: { auc: NaN } } }],
    ['data without a hash', { training: { ...trained(1).training, dataSha256: 'none' } }],
    ['no bytes', { bytes: new Uint8Array(0) }],
  ])('with %s is refused', async (_what, more) => {
    await expect(api.registry.register(anActor(), trained(1, { auc: 1 }, more))).rejects.toThrow()
    expect(await readModel(places.database, 'acme', 'risk-ensemble')).toBeUndefined()
  })

  test('never changes and never goes: the database refuses it, to the service and to everybody who may write', async () => {
    await register(0.9)
    const refused = /what was registered stays as it is/
    for (const statement of [
      `update ml_scoring.model_versions set sha256 = '${'0'.repeat(64)}'`,
      `update ml_scoring.model_versions set training = '{}'`,
      'delete from ml_scoring.model_versions',
      'delete from ml_scoring.model_standings',
      'delete from ml_scoring.models',
      `update ml_scoring.model_transitions set by_key = 'other'`,
      'delete from ml_scoring.model_transitions',
    ]) {
      await expect(places.database.transaction(['acme'], (sql) => sql.query(statement))).rejects.toThrow(refused)
      await expect(places.admin.query(statement)).rejects.toThrow(refused)
    }
    await expect(places.database.transaction(['acme'], (sql) => sql.query('truncate ml_scoring.model_transitions'))).rejects.toThrow(/permission denied/)
  })
})

describe('the gate', () => {
  test('lets a version become champion that validates no worse, and tells everybody of it with the one before gone', async () => {
    await register(0.9, 0.895)
    expect((await promote(1)).body).toMatchObject({ version: 1, status: 'champion' })
    const promoted = await promote(2, { reason: 'Trained on the new season.' })
    expect([promoted.status, promoted.headers.get('etag')]).toEqual([200, '"2"'])
    expect(promoted.body['transitions']).toMatchObject([
      { action: 'register' },
      { action: 'promote', from: 'candidate', to: 'champion', by: 'acme-ann', reason: 'Trained on the new season.', forced: false, gate: { metric: 'auc', candidate: 0.895, champion: 0.9, championVersion: 1, tolerance: 0.01 } },
    ])
    expect(await statuses()).toEqual(['1 retired', '2 champion'])
    expect(told().at(-1)).toMatchObject({ tenantId: 'acme', model: 'risk-ensemble', sequence: 2, served: [{ version: 2, status: 'champion', kind: 'constant', metrics: { auc: 0.895 } }] })
  })

  test('refuses one that validates worse, naming the metric and the figures; nothing changes', async () => {
    await register(0.9, 0.85)
    await promote(1)
    const before = told().length
    expect(await promote(2)).toMatchObject({
      status: 409,
      body: {
        ...{ code: 'validates-worse', detail: "auc is 0.85 and the champion's, version 1, 0.9: worse by 0.05, and 0.01 is tolerated" },
        gate: { metric: 'auc', candidate: 0.85, champion: 0.9, championVersion: 1, tolerance: 0.01 },
      },
    })
    expect([await statuses(), told().length]).toEqual([['1 champion', '2 candidate'], before])
    expect((await promote(2, { tolerance: 0.06 })).status).toBe(200)
  })

  test('is passed by with force and a reason, which are kept', async () => {
    await register(0.9, 0.5)
    await promote(1)
    expect(await promote(2, { force: true })).toMatchObject({ status: 400, body: { errors: [{ field: 'reason' }] } })
    const forced = await promote(2, { force: true, reason: 'The champion leaks its labels.' })
    expect(forced.body['transitions']).toMatchObject([{}, { action: 'promote', forced: true, reason: 'The champion leaks its labels.', gate: { candidate: 0.5 } }])
  })

  test('refuses a version that was not validated, also where there is no champion', async () => {
    const { validation: _none, ...training } = trained(1).training
    await api.registry.register(anActor(), trained(1, {}, { training }))
    expect(await promote(1)).toMatchObject({ status: 409, body: { code: 'validates-worse', gate: null } })
  })

  test.each([{ tolerance: 0.11 }, { tolerance: -0.1 }, { tolerance: '0' }, { force: 'yes' }, { reason: 'short' }, { extra: 1 }, [1]])('takes no body like %j', async (body) => {
    await register(0.9)
    expect((await promote(1, body)).status).toBe(400)
    expect(await statuses()).toEqual(['1 candidate'])
  })
})

describe('of several callers', () => {
  test('who saw the same state, one wins and the others are told so', async () => {
    await register(0.9, 0.9, 0.9, 0.9)
    const answers = await Promise.all([1, 2, 3, 4].map((version) => promote(version, undefined, { 'if-match': '"0"' })))
    const codes = answers.map(({ status }) => status)
    expect(codes.filter((status) => status === 200)).toHaveLength(1)
    expect(codes.filter((status) => status === 409 || status === 412)).toHaveLength(3)
    expect((await statuses()).filter((each) => each.endsWith('champion'))).toEqual([`${codes.indexOf(200) + 1} champion`])
  })

  test('whose changes meet in the database, one wins', async () => {
    await register(0.9, 0.9)
    const change = (version: number) => changeStandings(places.database, anActor(), 'risk-ensemble', 0, [{ version, action: 'promote', from: 'candidate', to: 'champion' }])
    const outcomes = await Promise.allSettled([change(1), change(2)])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect((await statuses()).filter((each) => each.endsWith('champion'))).toHaveLength(1)
  })

  test('one that saw an older state is told which it is at', async () => {
    await register(0.9, 0.9)
    await promote(1)
    for (const call of [promote(2, undefined, { 'if-match': '"0"' }), ann('POST', at(':rollback'), undefined, { 'if-match': '"7"' }), promote(2, undefined, { 'if-match': 'x' })])
      expect(await call).toMatchObject({ status: 412, body: { code: 'precondition-failed' } })
  })
})

describe('rolling back', () => {
  test('makes the champion before champion again, in one call and past the gate, and a second one goes further back', async () => {
    await register(0.5, 0.7, 0.9)
    for (const version of [1, 2, 3]) await promote(version)
    const rolled = await ann('POST', at(':rollback'), { reason: 'Too many false alarms.' })
    expect(rolled).toMatchObject({ status: 200, body: { version: 2, status: 'champion' } })
    expect(rolled.body['transitions']).toContainEqual(expect.objectContaining({ action: 'rollback', from: 'retired', to: 'champion', reason: 'Too many false alarms.' }))
    expect(told().at(-1)).toMatchObject({ sequence: 4, served: [{ version: 2 }] })
    expect((await ann('POST', at(':rollback'))).body).toMatchObject({ version: 1, status: 'champion' })
    expect(await statuses()).toEqual(['1 champion', '2 retired', '3 retired'])
    expect(await ann('POST', at(':rollback'))).toMatchObject({ status: 409, body: { detail: 'there was no champion before' } })
  })

  test('of a model that was never promoted is refused', async () => {
    await register(0.9)
    expect((await ann('POST', at(':rollback'))).status).toBe(409)
  })
})

describe('challengers', () => {
  test('are told beside the champion, up to as many as are allowed, and may be retired', async () => {
    await register(...Array.from({ length: challengersMax + 2 }, () => 0.9))
    await promote(1)
    for (let version = 2; version < challengersMax + 2; version++) expect((await ann('POST', at(`/versions/${version}:challenge`))).status).toBe(200)
    expect(await ann('POST', at(`/versions/${challengersMax + 2}:challenge`))).toMatchObject({ status: 409, body: { detail: expect.stringContaining('retire one') } })
    expect(told().at(-1)?.served.map(({ version, status }) => `${version} ${status}`)).toEqual(['1 champion', '2 challenger', '3 challenger', '4 challenger', '5 challenger'])
    expect((await ann('POST', at('/versions/2:retire'))).body).toMatchObject({ status: 'retired' })
    expect((await ann('POST', at(`/versions/${challengersMax + 2}:challenge`))).status).toBe(200)
    expect((await promote(3)).status).toBe(200)
    expect(told().at(-1)?.served.map(({ version, status }) => `${version} ${status}`)).toEqual(['3 champion', '4 challenger', '5 challenger', '6 challenger'])
    expect((await ann('POST', at('/versions/3:retire'))).status).toBe(409)
  })

  test('are compared with the champion they ran beside, live', async () => {
    await register(0.9, 0.9)
    await promote(1)
    await ann('POST', at('/versions/2:challenge'))
    expect((await ann('GET', at('/versions/2/comparison'))).body).toEqual({ model: 'risk-ensemble', version: 2, items: [] })
    const compared = { tenantId: 'acme', model: 'risk-ensemble', challenger: 2, champion: 1 } as const
    await addComparisons(places.database, [{ ...compared, tally: tallyOf([{ eventId: 'e-1', champion: 0.2, challenger: 0.9 }, { eventId: 'e-2', champion: 0.1, challenger: 0.1 }], 0.6) }], Date.now())
    expect((await ann('GET', at('/versions/2/comparison'))).body.items).toMatchObject([
      { champion: 1, events: 2, meanAbsoluteDifference: 0.35, onlyChallengerOver: 1, onlyChampionOver: 0, agreement: 0.5, largest: [{ eventId: 'e-1' }], histograms: { binWidth: 0.05 } },
    ])
    expect((await ann('GET', at('/metrics'))).body).toMatchObject({
      champion: 1,
      items: [
        { version: 1, status: 'champion', metrics: { auc: 0.9 }, validation: { metric: 'auc' }, live: null },
        { version: 2, status: 'challenger', live: { events: 2, agreement: 0.5 } },
      ],
    })
  })
})

describe('a tenant', () => {
  test("sees and changes its own models alone", async () => {
    await register(0.9)
    const globex = api.as('globex')
    expect((await globex('GET', '/v1/models')).body).toEqual({ items: [] })
    const attempts: [string, string][] = [['GET', ''], ['GET', '/versions'], ['GET', '/versions/1'], ['GET', '/versions/1/comparison'], ['GET', '/metrics'], ['POST', '/versions/1:promote'], ['POST', ':rollback']]
    for (const [method, path] of attempts) expect([method, path, (await globex(method, at(path))).status]).toEqual([method, path, 404])
    await api.registry.register(anActor('globex'), trained(0.1, { auc: 0.1 }))
    expect((await globex('POST', at('/versions/1:promote'))).status).toBe(200)
    expect(await statuses()).toEqual(['1 candidate'])
  })

  test("sees how far its champion's reference has moved, by partition, and nothing of other versions or tenants", async () => {
    await register(0.9)
    await promote(1)
    expect((await ann('GET', at())).body).toMatchObject({ references: [] })
    await places.admin.query(`insert into ml_scoring.reference_windows (tenant_id, topic, partition, version, gathering, added, added_rows, replaced_rows, renewed_at)
      values ('acme', 'events.assessed.v1', 3, 1, '{}', '', 64, 96, '2026-03-02T10:00:00Z'), ('acme', 'events.assessed.v1', 4, 2, '{}', '', 1, 1, null), ('globex', 'events.assessed.v1', 5, 1, '{}', '', 1, 1, null)`)
    const { body } = await ann('GET', at())
    expect(apiShapes.Model.strict().parse(body).references).toEqual([{ partition: 3, version: 1, addedRows: 64, replacedRows: 96, renewedAt: '2026-03-02T10:00:00.000Z' }])
    await places.admin.query('truncate ml_scoring.reference_windows')
  })

  test('lists its models, and their versions in pages', async () => {
    await register(0.9, 0.8, 0.7)
    await promote(1)
    expect((await ann('GET', '/v1/models')).body.items).toMatchObject([{ name: 'risk-ensemble', sequence: 1, versions: 3, champion: 1, challengers: [] }])
    expect((await ann('GET', at())).body).toMatchObject({ champion: 1, inForce: { champion: null, challengers: [], refused: [] }, transitions: [{}, {}, {}, { action: 'promote' }] })
    const first = (await ann('GET', at('/versions?limit=2'))).body
    expect(first.items).toMatchObject([{ version: 3 }, { version: 2 }])
    const second = (await ann('GET', at(`/versions?limit=2&cursor=${String(first['next'])}`))).body
    expect([second.items, second['next']]).toMatchObject([[{ version: 1 }], null])
    expect((await ann('GET', at('/versions?status=champion'))).body.items).toMatchObject([{ version: 1 }])
  })

  test('needs a key', async () => {
    for (const [method, path] of [['GET', '/v1/models'], ['POST', at(':train')], ['POST', at('/versions/1:promote')]] as const)
      expect((await ann(method, path, undefined, { 'x-api-key': 'none' })).status).toBe(401)
  })

  test.each(['/v1/models/none', '/v1/models/risk-ensemble/versions/0', at('/versions/1e1'), at('/versions/99999'), at('/versions/x'), at('/versions/1:delete')])('finds nothing at %s', async (path) => {
    await register(0.9)
    expect((await ann('GET', path)).status).toBe(404)
  })
})

test('every answer has the shape that the OpenAPI document tells', async () => {
  await register(0.9, 0.9, 0.5)
  await promote(1)
  await ann('POST', at('/versions/2:challenge'))
  await addComparisons(places.database, [{ tenantId: 'acme', model: 'risk-ensemble', challenger: 2, champion: 1, tally: tallyOf([{ eventId: 'e', champion: 0.1, challenger: 0.9 }], 0.5) }], Date.now())
  const asked: [ApiShape, Promise<Answer>][] = [
    ['ModelList', ann('GET', '/v1/models')],
    ['Model', ann('GET', at())],
    ['ModelMetrics', ann('GET', at('/metrics'))],
    ['ModelVersionPage', ann('GET', at('/versions'))],
    ['ModelVersion', ann('GET', at('/versions/1'))],
    ['ModelComparison', ann('GET', at('/versions/2/comparison'))],
    ['ModelTrainingRun', ann('POST', at(':train'))],
    ['Problem', promote(3)],
  ]
  for (const [shape, answer] of asked) {
    const { body } = await answer
    // What a shape doesn't name, parsing takes away.
    expect([shape, apiShapes[shape].parse(body)]).toEqual([shape, body])
  }
})

describe('training', () => {
  test('is taken on by what trains, and answered with its run', async () => {
    const answer: Answer = await ann('POST', at(':train'), { days: 30 })
    expect(answer).toMatchObject({ status: 202, body: { model: 'risk-ensemble', runId: 'run-1' } })
    expect(trainings.at(-1)).toMatchObject([{ tenantId: 'acme', keyId: 'acme-ann' }, 'risk-ensemble', { days: 30 }])
    expect((await ann('POST', '/v1/models/none:train')).status).toBe(404)
    expect((await ann('POST', at(':train'), [1])).status).toBe(400)
  })

  test('is refused, and not promised, where nothing trains', async () => {
    await using untrained = await aModelApi(places, announcer.announce)
    expect(await untrained.as()('POST', at(':train'))).toMatchObject({ status: 503, body: { code: 'unavailable' } })
  })
})
