import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { inboundTopicOf, topicCatalogue } from '@ott/contracts/topics'
import { freePortBase } from '@ott/dev-env/free-port'
import { createKafkaBus } from '@ott/kafka/kafka-bus'
import { startLocalStack, type LocalStack } from '@ott/local/local-stack'
import { serviceNames, servicePortOf } from '@ott/local/ports'
import type { Bus } from '@ott/pipeline/bus'
import { createTestDatabase, testPasswords } from '@ott/postgres/test-database'
import { startDatabaseLine, type DatabaseLine } from './database-line.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

/** A tenant as its programs use the installation. */
export interface TenantClient {
  readonly id: string
  readonly apiKey: string
  /** Events that it was told are kept, by a 202 or 207, and records it published. */
  accepted: number
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  get(path: string): Promise<Answer>
  /** Posts as JSON, or bytes as they are. */
  post(body: unknown, headers?: Record<string, string>): Promise<Answer>
  /** To its inbound topic. */
  publish(value: string | Buffer, headers?: Record<string, string>, subject?: string): Promise<void>
  /** Waits until an event has reached an outcome. */
  decisionOf(eventId: string): Promise<Record<string, unknown>>
}

export interface Installation {
  readonly acme: TenantClient
  readonly globex: TenantClient
  readonly url: string
  readonly dataDir: string
  /** Between the services and their database. */
  readonly databaseLine: DatabaseLine
  metricsOf(service: (typeof serviceNames)[number]): Promise<string>
  /** The process of each service. */
  pidsOf(): (number | undefined)[]
  /** Statements that no policy binds. */
  query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>
  stop(): Promise<void>
}

const partitions = 3

/** A viewer's event that is valid; fields of `parts` replace its own. */
export function anEvent(id: string, parts: Record<string, unknown> = {}): Record<string, unknown> {
  const time = new Date(Date.now() - 60_000).toISOString()
  return { specversion: '1.0', id, source: '/e2e', type: 'com.ott.playback.started.v1', subject: `viewer-of-${id}`, time, data: { contentId: 'c-1' }, ...parts }
}

/** One event that breaks the Video Privacy Protection Act. */
export function aBreach(id: string, parts: Record<string, unknown> = {}): Record<string, unknown> {
  return anEvent(id, { type: 'com.ott.viewing-history.shared.v1', data: { country: 'US', recipient: 'adnet', purpose: 'ads' }, ...parts })
}

/** Asks again until there is an answer; throws after 20 s. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> {
  const endsAtMs = Date.now() + 20_000
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > endsAtMs) throw new Error(`${what}: not within 20 s`)
    await delay(50)
  }
}

/**
 * Every program as `npm start` runs them, on the broker and database of `npm test`: topics with a prefix, and a database, of its own.
 * @param more settings for every program
 */
export async function startInstallation(more: Readonly<Record<string, string>> = {}): Promise<Installation> {
  await using starting = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'ott-e2e-'))
  starting.defer(() => rm(dataDir, { recursive: true, force: true }))
  const topicPrefix = `e2e-${process.pid}-${Date.now()}.`
  const database = await createTestDatabase(process.env['OTT_TEST_DATABASE_URL'])
  starting.defer(() => database.drop())
  const databaseLine = await startDatabaseLine(database.url)
  starting.defer(() => databaseLine.stop())
  // Roles belong to the server: their passwords are those of every other test.
  await writeFile(join(dataDir, 'secrets.json'), JSON.stringify(testPasswords(serviceNames)), { mode: 0o600 })

  const brokers = process.env['OTT_TEST_KAFKA_BROKERS'] ?? ''
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const bus = await createKafkaBus({ brokers: brokers.split(','), clientId: 'ott-e2e', topicPrefix, log: quiet })
  starting.defer(() => bus.close())
  await bus.createTopics(topicCatalogue, partitions)

  const before = { KAFKA_BROKERS: process.env['KAFKA_BROKERS'], DATABASE_URL: process.env['DATABASE_URL'] }
  starting.defer(() => restoreEnvironment(before))
  process.env['KAFKA_BROKERS'] = brokers
  process.env['DATABASE_URL'] = databaseLine.url
  const ports = await freePortBase(10)
  const stack = await startLocalStack({
    dataDir,
    edgePort: ports + 10,
    servicePortBase: ports,
    // Of a broker and a database that are given, neither is used.
    kafkaPort: 0,
    postgresPort: 0,
    partitions,
    env: { LOG_LEVEL: 'debug', KAFKA_TOPIC_PREFIX: topicPrefix, WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8', DELIVERY_RETRY_SCHEDULE: '50ms,50ms,100ms,1s,1s,5s', ...more },
  })
  starting.defer(() => stack.stop())

  const credentials = JSON.parse(await readFile(join(dataDir, 'credentials.json'), 'utf8')) as Record<string, { apiKey: string }>
  const running = starting.move()
  const clientOf = (tenant: string) => aTenantClient(stack, bus, tenant, credentials[tenant]?.apiKey ?? '')
  return {
    acme: clientOf('acme'),
    globex: clientOf('globex'),
    url: stack.edgeUrl,
    dataDir,
    databaseLine,
    metricsOf: async (service) => (await fetch(`http://127.0.0.1:${servicePortOf(service, ports)}/metrics`)).text(),
    pidsOf: () => serviceNames.map((name) => stack.pidOf(name)),
    query: database.query,
    stop: () => running.disposeAsync(),
  }
}

function restoreEnvironment(before: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}

function aTenantClient({ edgeUrl }: LocalStack, bus: Bus, id: string, apiKey: string): TenantClient {
  const client: TenantClient = {
    id,
    apiKey,
    accepted: 0,
    async ask(method, path, body, headers = {}) {
      const bytes = typeof body === 'string' || Buffer.isBuffer(body) || body === undefined ? body : JSON.stringify(body)
      const response = await fetch(`${edgeUrl}${path}`, {
        method,
        headers: { 'x-api-key': apiKey, 'content-type': 'application/json', ...headers },
        ...(bytes === undefined ? {} : { body: bytes }),
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> }
    },
    get: (path) => client.ask('GET', path),
    async post(body, headers) {
      const answer = await client.ask('POST', '/v1/events', body, headers)
      const results = (answer.body['results'] ?? []) as { status: string }[]
      client.accepted += results.filter(({ status }) => status === 'accepted').length
      return answer
    },
    async publish(value, headers = {}, subject = 'viewer') {
      await bus.publish([{ topic: inboundTopicOf(id), key: `${id}:${subject}`, value, headers }])
      client.accepted += 1
    },
    decisionOf: (eventId) =>
      eventually(`the outcome of ${eventId}`, async () => {
        const { status, body } = await client.get(`/v1/events/${encodeURIComponent(eventId)}`)
        return status === 200 && body
      }),
  }
  return client
}
