import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { modelConfigured, type ModelConfiguration } from '@ott/contracts/model-configured'
import { TransientError } from '@ott/pipeline/errors'
import { createMemoryBus, type MemoryBus } from '@ott/pipeline/memory-bus'
import type { Bus } from '@ott/pipeline/bus'
import { openModelRegistry } from '../src/registry/model-registry.ts'
import { aDirectory, anActor, anAnnouncer, createConfigTopics, registryPlaces, trained, until, type RegistryPlaces } from './registry-fixture.ts'

let places: RegistryPlaces
let bus: MemoryBus
beforeAll(async () => {
  places = await registryPlaces()
})
afterAll(async () => {
  await places?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await places.empty()
  bus = createMemoryBus()
  await createConfigTopics(bus)
})
afterEach(() => bus.close())

const told = (from: MemoryBus = bus) => from.readAll(modelConfigured.topic).map(({ value }) => (JSON.parse(String(value)) as { data: ModelConfiguration }).data)
/** The registry of a process that dies after its commit: it announces nothing. */
const registry = (announce: (tenantId: string) => Promise<void> = async () => undefined) => openModelRegistry({ database: places.database, store: places.store, announce })
async function promoted(score = 0.5, tenantId = 'acme'): Promise<number> {
  const { version } = await registry().register(anActor(tenantId), trained(score))
  await registry().act(anActor(tenantId), 'promote', 'risk-ensemble', version)
  return version
}

test('what was committed and not announced, because the process died in between, is told by the next one', async () => {
  await promoted()
  expect(told()).toEqual([])
  const announcer = await anAnnouncer(places.database, bus, 20)
  const directory = await aDirectory(bus, 'g', places.store)
  await until(() => directory.modelsOf('acme', 'risk-ensemble').champion?.version === 1)
  const second = await promoted(0.6)
  await until(() => directory.modelsOf('acme', 'risk-ensemble').champion?.version === second)
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(told().map(({ sequence }) => sequence)).toEqual([1, 2])
  await announcer.stop()
  await directory.stop()
})

test('what the broker did not take is told when it is back, and the caller is not kept', async () => {
  let away = true
  const flaky: Bus = { ...bus, publish: (records) => (away ? Promise.reject(new TransientError('away')) : bus.publish(records)) }
  const faults: unknown[] = []
  const announcer = await anAnnouncer(places.database, flaky, 20, (fault) => faults.push(fault))
  const { version } = await registry().register(anActor(), trained(0.5))
  await registry(announcer.announce).act(anActor(), 'promote', 'risk-ensemble', version)
  expect(faults.length).toBeGreaterThan(0)
  expect(told()).toEqual([])
  away = false
  await until(() => told().length === 1)
  await announcer.stop()
})

test('a topic that is new is told everything that is served, whatever an older one was told', async () => {
  await promoted(0.5)
  await promoted(0.5, 'globex')
  const first = await anAnnouncer(places.database, bus, 3_600_000)
  await until(() => told().length === 2)
  await first.stop()
  const fresh = createMemoryBus()
  await createConfigTopics(fresh)
  const second = await anAnnouncer(places.database, fresh, 3_600_000)
  await until(() => told(fresh).length === 2)
  await second.stop()
  const restarted = await anAnnouncer(places.database, fresh, 20)
  await new Promise((resolve) => setTimeout(resolve, 100))
  await restarted.stop()
  expect(told(fresh).map(({ tenantId }) => tenantId).sort()).toEqual(['acme', 'globex'])
  await fresh.close()
})

test('a member that is slow to tell never tells of an older state last', async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const slowBus: Bus = { ...bus, publish: async (records) => (await released, bus.publish(records)) }
  const slow = await anAnnouncer(places.database, slowBus)
  const quick = await anAnnouncer(places.database, bus)
  await promoted(0.5)
  const telling = slow.announce('acme')
  await new Promise((resolve) => setTimeout(resolve, 100))
  // Meanwhile another version is promoted, and told of by another member.
  const meanwhile = promoted(0.6).then(() => quick.announce('acme'))
  await new Promise((resolve) => setTimeout(resolve, 200))
  release()
  await Promise.all([telling, meanwhile])
  expect(told().map(({ sequence }) => sequence)).toEqual([1, 2])
  await slow.stop()
  await quick.stop()
})
