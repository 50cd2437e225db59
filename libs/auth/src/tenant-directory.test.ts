import { afterEach, expect, test } from '@jest/globals'
import { buildEvent, recordKeyOf } from '@ott/contracts/define-event'
import { tenantConfigured, type TenantConfiguration } from '@ott/contracts/tenant-configured'
import { createMemoryBus, type MemoryBus } from '@ott/pipeline/memory-bus'
import { hashApiKey } from './api-key.ts'
import { followTenants, type FollowTenantsOptions, type TenantDirectory } from './tenant-directory.ts'

const opened: TenantDirectory[] = []
afterEach(async () => {
  for (const directory of opened.splice(0)) await directory.stop()
})

async function busWithTopic(): Promise<MemoryBus> {
  const bus = createMemoryBus()
  await bus.createTopics([{ name: tenantConfigured.topic, compacted: true, retentionMs: 1 }], 1)
  return bus
}

async function follow(bus: MemoryBus, options: Partial<FollowTenantsOptions> = {}): Promise<TenantDirectory> {
  const directory = await followTenants({ bus, group: `g-${opened.length}-${Math.random()}`, onInvalid: () => undefined, onFatal: () => undefined, ...options })
  opened.push(directory)
  return directory
}

function configuration(tenantId: string, keys: readonly string[], more: Partial<TenantConfiguration> = {}): TenantConfiguration {
  const apiKeys = keys.map((key, n) => ({ id: `k${n}`, sha256: hashApiKey(key) }))
  return { tenantId, name: tenantId, apiKeys, riskThreshold: 0.8, ignoredEventTypes: [], ...more }
}

let published = 0
function configure(bus: MemoryBus, data: TenantConfiguration): Promise<void> {
  const subject = 'configuration'
  const event = buildEvent(tenantConfigured, { id: `c-${++published}`, subject, time: '2026-01-01T00:00:00Z', tenantid: data.tenantId, data })
  return bus.publish([{ topic: tenantConfigured.topic, key: recordKeyOf({ tenantid: data.tenantId, subject }), value: JSON.stringify(event), headers: {} }])
}

function publishRaw(bus: MemoryBus, value: string | null): Promise<void> {
  return bus.publish([{ topic: tenantConfigured.topic, key: 'acme:configuration', value, headers: {} }])
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000 && !holds(); turn++) await new Promise((resolve) => setTimeout(resolve, 2))
  expect(holds()).toBe(true)
}

test('a key leads to its tenant and to no other', async () => {
  const bus = await busWithTopic()
  await configure(bus, configuration('acme', ['ka']))
  await configure(bus, configuration('globex', ['kg']))
  const directory = await follow(bus)
  await until(() => directory.isCaughtUp())
  expect(directory.findByKey('ka')?.tenantId).toBe('acme')
  expect(directory.findByKey('kg')?.tenantId).toBe('globex')
  expect(directory.findByKey('other')).toBeUndefined()
  expect(directory.findByKey(hashApiKey('ka'))).toBeUndefined()
  expect(directory.all().map(({ tenantId }) => tenantId)).toEqual(['acme', 'globex'])
})

test('a rotated key stops working and the new one works', async () => {
  const bus = await busWithTopic()
  await configure(bus, configuration('acme', ['old', 'kept']))
  const directory = await follow(bus)
  await until(() => directory.findByKey('old') !== undefined)
  await configure(bus, configuration('acme', ['kept', 'new']))
  await until(() => directory.findByKey('new') !== undefined)
  expect(directory.findByKey('old')).toBeUndefined()
  expect(directory.findByKey('kept')?.tenantId).toBe('acme')
})

test('the last configuration wins, for whoever listens and whoever starts later', async () => {
  const bus = await busWithTopic()
  const directory = await follow(bus)
  const heard: number[] = []
  directory.onChange(({ riskThreshold }) => heard.push(riskThreshold))
  for (const riskThreshold of [0.1, 0.2, 0.3]) await configure(bus, configuration('acme', ['k'], { riskThreshold }))
  await until(() => heard.length === 3)
  expect(heard).toEqual([0.1, 0.2, 0.3])
  const later = await follow(bus)
  await until(() => later.isCaughtUp())
  expect([directory.get('acme')?.riskThreshold, later.get('acme')?.riskThreshold]).toEqual([0.3, 0.3])
})

test('what breaks the contract is left out and told, and its neighbours count', async () => {
  const bus = await busWithTopic()
  const told: string[] = []
  await configure(bus, configuration('acme', ['k']))
  await publishRaw(bus, '{"not":')
  await publishRaw(bus, '{}')
  await publishRaw(bus, null)
  await configure(bus, configuration('acme', ['k'], { riskThreshold: 7 }))
  await configure(bus, configuration('globex', ['kg']))
  const directory = await follow(bus, { onInvalid: (detail) => told.push(detail) })
  await until(() => directory.isCaughtUp())
  expect(told).toEqual(['(body): is not JSON', expect.stringContaining('specversion'), expect.stringMatching(/^data\.riskThreshold: /)])
  expect(directory.get('acme')?.riskThreshold).toBe(0.8)
  expect(directory.findByKey('kg')?.tenantId).toBe('globex')
})

test('it is caught up once it read all that was there at the start, and at once where nothing was', async () => {
  const empty = await follow(await busWithTopic())
  expect(empty.isCaughtUp()).toBe(true)
  const bus = await busWithTopic()
  for (let n = 0; n < 1_200; n++) await configure(bus, configuration('acme', [`k${n}`]))
  const directory = await follow(bus)
  expect(directory.isCaughtUp()).toBe(false)
  await until(() => directory.isCaughtUp())
  expect(directory.findByKey('k1199')?.tenantId).toBe('acme')
})

test('while the bus is away the last known keys work, and news arrive when it is back', async () => {
  const bus = await busWithTopic()
  await configure(bus, configuration('acme', ['k']))
  const directory = await follow(bus)
  await until(() => directory.isCaughtUp())
  bus.setAway(true)
  expect(directory.findByKey('k')?.tenantId).toBe('acme')
  bus.setAway(false)
  await configure(bus, configuration('acme', ['n']))
  await until(() => directory.findByKey('n') !== undefined)
})
