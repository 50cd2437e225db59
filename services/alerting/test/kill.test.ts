import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { buildEvent, recordKeyOf, type PipelineEvent } from '@ott/contracts/define-event'
import { tenantConfigured } from '@ott/contracts/tenant-configured'
import { topicCatalogue } from '@ott/contracts/topics'
import { createKafkaBus } from '@ott/kafka/kafka-bus'
import type { Bus } from '@ott/pipeline/bus'
import { alertingSteps } from '../src/alerting-steps.ts'
import { putConfiguration } from '../src/configuration/put-configuration.ts'
import { openAlertingDatabase, type AlertingDatabase } from './alerting-database.ts'
import { changed, opened } from './alerting-world.ts'
import { aReceiver } from './webhook-receiver.ts'

const violations = Array.from({ length: 12 }, (_, n) => `v-${n}`)
const patienceMs = 90_000

test.concurrent.each(alertingSteps)('killed right after an alert was %s: every firing still arrives, under one id however often, and every end follows', async (step) => {
  await using running = new AsyncDisposableStack()
  const note = join(running.adopt(await mkdtemp(join(tmpdir(), 'ott-kill-')), (folder) => rm(folder, { recursive: true, force: true })), 'note')
  await writeFile(note, '')
  const db = running.adopt(await openAlertingDatabase(), (each) => each.close())
  const topicPrefix = `t${randomUUID().slice(0, 8)}.`
  const bus = running.adopt(await openBus(topicPrefix), (each) => each.close())
  await bus.createTopics(topicCatalogue, 2)
  const receiver = running.use(await aReceiver())
  await publish(bus, [buildEvent(tenantConfigured, { id: 'acme', subject: 'acme', time: '2026-03-01T00:00:00Z', tenantid: 'acme', data: { tenantId: 'acme', name: 'Acme', apiKeys: [], riskThreshold: 0.7, ignoredEventTypes: [] } })])
  await configure(db, receiver.url)

  const alerting = keepAlive({ ...process.env, PORT: '0', KAFKA_TOPIC_PREFIX: topicPrefix, KAFKA_BROKERS: process.env['OTT_TEST_KAFKA_BROKERS'] ?? '', DATABASE_URL: db.url, LOG_LEVEL: 'error', WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8', KILL_AT: step, KILL_NOTE: note })
  running.defer(() => alerting.stop())

  await publish(bus, violations.map((id) => opened(id, { subject: `viewer-of-${id}` }).event))
  await until(() => violations.every((id) => heardOf(receiver.delivered, id).includes('firing')))
  await publish(bus, violations.map((id) => changed(id, { change: 'resolved', status: 'resolved', changedAt: new Date().toISOString(), version: 2 }, { subject: `viewer-of-${id}` }).event))
  await until(() => violations.every((id) => heardOf(receiver.delivered, id).includes('resolved')))

  // It did die, at the step that was meant.
  expect(await readFile(note, 'utf8')).toBe(step)
  for (const id of violations) {
    const order = heardOf(receiver.delivered, id)
    expect([id, order.lastIndexOf('firing') < order.indexOf('resolved')]).toEqual([id, true])
  }
  // The same news is the same message, also when it comes again.
  const bodies = Map.groupBy(receiver.delivered, ({ headers }) => String(headers['webhook-id']))
  for (const [, same] of bodies) expect(new Set(same.map(({ body }) => body)).size).toBe(1)
  const told = new Set(receiver.delivered.map(({ body }) => body))
  expect(bodies.size).toBe(told.size)
}, patienceMs)

function heardOf(delivered: readonly { body: string }[], violationId: string): string[] {
  return delivered.flatMap(({ body }) => {
    const { alerts } = JSON.parse(body) as { alerts: { status: string; annotations: Record<string, string> }[] }
    return alerts.filter(({ annotations }) => annotations['violation_id'] === violationId).map(({ status }) => status)
  })
}

function configure({ database }: AlertingDatabase, url: string) {
  const text = `
route: { receiver: team, group_by: [subject], group_wait: 100ms, group_interval: 300ms }
receivers:
  - name: team
    webhook_configs: [{ url: '${url}' }]
`
  return putConfiguration(database, 'acme', { text, by: 'key-1', expected: undefined }, Date.now())
}

async function openBus(topicPrefix: string): Promise<Bus> {
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
  return createKafkaBus({ brokers: process.env['OTT_TEST_KAFKA_BROKERS']?.split(',') ?? [], clientId: 'test', topicPrefix, log: silent })
}

function publish(bus: Bus, events: readonly PipelineEvent[]): Promise<void> {
  const topicOf = ({ type }: PipelineEvent) => (type === tenantConfigured.type ? tenantConfigured.topic : 'violations.v1')
  const keyOf = (event: PipelineEvent) => (event.type === tenantConfigured.type ? event.tenantid : recordKeyOf(event))
  return bus.publish(events.map((event) => ({ topic: topicOf(event), key: keyOf(event), value: JSON.stringify(event), headers: {} })))
}

/** A supervisor: whoever dies is followed by another, until it is told to stop. */
function keepAlive(env: NodeJS.ProcessEnv): { stop(): Promise<void> } {
  let isStopping = false
  let child: ChildProcess | undefined
  const ended = (async () => {
    while (!isStopping) {
      const current = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'killed-alerting-fixture.ts')], { env: { ...env, NODE_OPTIONS: '' }, stdio: ['ignore', 'inherit', 'inherit'] })
      child = current
      await new Promise((resolve) => current.once('exit', resolve))
    }
  })()
  return {
    async stop() {
      isStopping = true
      child?.kill('SIGTERM')
      await ended
    },
  }
}

async function until(isTrue: () => boolean): Promise<void> {
  const endsAtMs = Date.now() + patienceMs / 2
  while (!isTrue()) {
    if (Date.now() > endsAtMs) throw new Error('it did not come about')
    await pause(50)
  }
}
