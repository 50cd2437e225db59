import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventAssessed, type EventAssessed } from '@ott/contracts/event-assessed'
import { eventScored, type EventScored } from '@ott/contracts/event-scored'
import { topicCatalogue } from '@ott/contracts/topics'
import { createKafkaBus } from '@ott/kafka/kafka-bus'
import type { Bus } from '@ott/pipeline/bus'
import { defineStage, readerOf, type Received } from '@ott/pipeline/define-stage'
import { emit, emitOf } from '@ott/pipeline/outcome'
import { defaultStageSettings, runStage } from '@ott/pipeline/run-stage'
import { silentObserver } from '@ott/pipeline/stage-observer'
import type { ModelDirectory, ModelsInForce } from '../src/registry/model-directory.ts'
import { failedSignIn } from './assessed-fixture.ts'
import { aDirectory, aModelApi, anActor, anAnnouncer, registryPlaces, trained, until, type Constant, type RegistryPlaces } from './registry-fixture.ts'

const buses: Bus[] = []
const topicPrefix = `t${randomUUID().slice(0, 8)}.`
async function openBus(): Promise<Bus> {
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const bus = await createKafkaBus({ brokers: process.env['OTT_TEST_KAFKA_BROKERS']?.split(',') ?? [], clientId: 'test', topicPrefix, log: silent })
  buses.push(bus)
  return bus
}

let places: RegistryPlaces
beforeAll(async () => {
  places = await registryPlaces()
})
afterAll(async () => {
  for (const bus of buses) await bus.close()
  await places?.[Symbol.asyncDispose]()
})

/** Scores by the champion that the batch began with: its version and what it says must belong together. */
function stageOf({ modelsOf }: ModelDirectory<Constant>) {
  return defineStage({
    name: 'ml-scoring',
    read: readerOf(eventAssessed),
    produces: [eventScored],
    needsNoTransaction: true,
    async load() {
      const inForce = modelsOf('acme', 'risk-ensemble')
      // While something is waited for, what is in force may change.
      await new Promise((resolve) => setTimeout(resolve, 1))
      return inForce
    },
    recall: (inForce: ModelsInForce<Constant>) => inForce,
    decide({ event: { data } }: Received<EventAssessed>, { champion }: ModelsInForce<Constant>) {
      const risk = { score: champion?.servable.score ?? 0, modelVersion: `v${champion?.version ?? 0}`, factors: [] }
      return emit([emitOf(eventScored, { event: data.event, receivedAt: data.receivedAt, ruleSetVersion: data.ruleSetVersion, findings: [], risk })])
    },
  })
}

const swaps = 8
const swapMsMax = 2_000

test('while thousands of events pass, every one is scored by exactly the model it names, none is lost, and each promotion and rollback is in force in all processes within two seconds', async () => {
  await using running = new AsyncDisposableStack()
  const [caller, ...members] = [await openBus(), await openBus(), await openBus()] as const
  await caller.createTopics(topicCatalogue.filter(({ name, compacted }) => compacted || name === eventAssessed.topic || name === eventScored.topic || name === 'dlq.ml-scoring.v1'), 4)
  const announcer = running.adopt(await anAnnouncer(places.database, caller), (each) => each.stop())
  await using api = await aModelApi(places, announcer.announce)
  for (const score of [0.1, 0.2]) await api.registry.register(anActor(), trained(score))
  await api.registry.act(anActor(), 'promote', 'risk-ensemble', 1)

  // Two processes: each with a bus, a directory and a member of the stage's group of its own.
  const directories: ModelDirectory<Constant>[] = []
  for (const [index, bus] of members.entries()) {
    const directory = running.adopt(await aDirectory(bus, `models.${index}`, places.store), (each) => each.stop())
    const stage = await runStage(
      stageOf(directory),
      { bus, unitOfWork: (names, work) => places.database.transaction(names, work), observer: silentObserver, nowMs: Date.now, random: Math.random },
      { group: 'stage.ml-scoring', topics: [eventAssessed.topic], ...defaultStageSettings },
      (error) => {
        throw error
      },
    )
    running.defer(() => stage.stop())
    directories.push(directory)
  }
  await until(() => directories.every((each) => each.modelsOf('acme', 'risk-ensemble').champion?.version === 1))

  const scored = new Map<string, EventScored['data']>()
  const reading = await caller.subscribe({
    ...{ group: 'reader', topics: [eventScored.topic], concurrency: 4, pace: 'batch', from: 'earliest' },
    onFatal: () => undefined,
    async onBatch({ records: some }, control) {
      for (const { value } of some) {
        const { data } = JSON.parse(String(value)) as EventScored
        scored.set(data.event.id, data)
      }
      const last = some.at(-1)
      if (last !== undefined) control.advance(last.offset + 1n)
    },
  })
  running.defer(() => reading.stop())

  let sent = 0
  let sending = true
  const load = (async () => {
    while (sending) {
      const events = Array.from({ length: 100 }, () => failedSignIn(sent++, { subject: `viewer-${sent % 500}` }).event)
      await caller.publish(events.map((event) => ({ topic: eventAssessed.topic, key: `${event.tenantid}:${event.subject}`, value: JSON.stringify(event), headers: {} })))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  running.defer(() => {
    sending = false
    return load
  })
  await until(() => scored.size > 500, 30_000)

  const swapMs: number[] = []
  const ann = api.as()
  for (let n = 0; n < swaps; n++) {
    const [path, version] = n % 2 === 0 ? ['/versions/2:promote', 2] : [':rollback', 1]
    const startedMs = performance.now()
    expect((await ann('POST', `/v1/models/risk-ensemble${path}`)).status).toBe(200)
    await until(() => directories.every((each) => each.modelsOf('acme', 'risk-ensemble').champion?.version === version), swapMsMax)
    swapMs.push(Math.round(performance.now() - startedMs))
    const after = scored.size
    await until(() => scored.size > after + 300, 30_000)
  }
  sending = false
  await load
  await until(() => scored.size === sent, 30_000)

  const byModel = new Map<string, number>()
  for (const { risk } of scored.values()) {
    byModel.set(`${risk.modelVersion} ${risk.score}`, (byModel.get(`${risk.modelVersion} ${risk.score}`) ?? 0) + 1)
  }
  process.stdout.write(`${sent} events, ${swaps} changes of the champion; in force in both processes ${swapMs.join(', ')} ms after the call; scored ${[...byModel].map(([model, count]) => `${count} by ${model}`).join(', ')}\n`)
  expect([...byModel.keys()].sort()).toEqual(['v1 0.1', 'v2 0.2'])
  for (const count of byModel.values()) expect(count).toBeGreaterThan(500)
}, 120_000)
