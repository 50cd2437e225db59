import { join } from 'node:path'
import { openDataFolder } from '@ott/dev-env/data-folder'
import { requireFreePort } from '@ott/dev-env/free-port'
import { sizeOfLog, tailOf } from '@ott/dev-env/log-file'
import { secretOf, signingKey } from '@ott/dev-env/secrets'
import { startBackends } from '@ott/dev-env/start-backends'
import type { Backends } from '@ott/dev-env/start-backends'
import { startBroker } from '@ott/dev-env/start-broker'
import { startDatabase } from '@ott/dev-env/start-database'
import { StartError } from '@ott/dev-env/start-error'
import type { Run } from '@ott/dev-env/started-process'
import { prepareInstallation } from '@ott/prepare/prepare-installation'
import { buildPage } from './build-page.ts'
import { serviceNames, servicePortOf, subgraphSettings } from './ports.ts'
import type { ServiceName } from './ports.ts'
import { logFileOf, startProgram } from './start-program.ts'
import type { Program } from './start-program.ts'
import { supervise } from './supervise.ts'
import type { Supervised } from './supervise.ts'

/** Everything that can be killed and comes back. */
export type PartName = ServiceName | 'edge' | 'broker' | 'postgres'

/** Each takes its share of every read and publish, and more say nothing new to a few processors (ADR 0014). */
export const defaultPartitions = 3

export interface LocalStackOptions {
  readonly dataDir: string
  readonly edgePort: number
  readonly servicePortBase: number
  readonly kafkaPort: number
  readonly postgresPort: number
  /** All of them when omitted. */
  readonly services?: readonly ServiceName[]
  /** Settings for every program, on top of this process's own environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Partitions of each topic that isn't compacted; {@link defaultPartitions} when omitted. */
  readonly partitions?: number
  /** Told what is done and what died, a line each. */
  readonly log?: (line: string) => void
  /** Gives up the start; what was started is stopped. */
  readonly signal?: AbortSignal
}

/** A whole installation on this machine. */
export interface LocalStack {
  readonly edgeUrl: string
  readonly dataDir: string
  readonly kafkaBrokers: readonly string[]
  /** A connection that may do anything; for tests and tools. */
  readonly adminDatabaseUrl: string
  /** The connection of a service, as its own role. Throws for one that has no database. */
  databaseUrl(service: ServiceName): string
  /** Undefined while it is down, in Docker, or not ours. */
  pidOf(part: PartName): number | undefined
  /** How often a part was started, the first time included. */
  startsOf(part: PartName): number
  /** Kills a part as a crash would; its supervisor starts it again. */
  kill9(part: PartName): Promise<void>
  /** Stops the edge, the services, PostgreSQL and the broker, in this order. */
  stop(): Promise<void>
}

/**
 * Starts broker, database, services and edge, and keeps each of them running until it is told to stop.
 * Throws a StartError, with everything stopped again, when a port is taken or a part can't become ready.
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { services = serviceNames, env = {}, partitions = defaultPartitions, log = () => {}, signal } = options
  await using starting = new AsyncDisposableStack()
  const folder = await openDataFolder(options.dataDir)
  starting.defer(folder.release)
  const dataDir = folder.path
  await requirePorts(options, services)

  // Beside the backends, which take longer.
  const page = services.includes('dashboard') ? buildPage({ log, ...(signal && { signal }) }) : Promise.resolve()
  page.catch(() => {})
  const backends = await timed(
    log,
    () => startBackends({ ...options, folder, log }),
    ({ broker, database }) => `broker (${broker.kind}) and database (${database.kind})`,
  )
  const parts = new Map<PartName, Supervised>()
  for (const part of superviseBackends(backends, options, dataDir, log)) {
    parts.set(part.name as PartName, part)
    starting.defer(part.stop)
  }

  const kafkaBrokers = backends.broker.brokers
  const passwords = Object.fromEntries(serviceNames.map((name) => [name, secretOf(dataDir, name)]))
  const { databaseUrls } = await timed(
    log,
    () => unlessAborted(prepareInstallation({ adminDatabaseUrl: backends.database.url, kafkaBrokers, topicPrefix: env['KAFKA_TOPIC_PREFIX'] ?? process.env['KAFKA_TOPIC_PREFIX'] ?? '', partitions, passwords }), signal),
    () => 'topics, roles and tables',
  )

  const shared = {
    LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'info',
    MODEL_STORE: process.env['MODEL_STORE'] ?? `file:${join(dataDir, 'models')}`,
    ...env,
    HOST: '127.0.0.1',
    KAFKA_BROKERS: kafkaBrokers.join(','),
    KAFKA_PARTITIONS: String(partitions),
    CREDENTIALS_FILE: join(dataDir, 'credentials.json'),
    SERVICE_PORT_BASE: String(options.servicePortBase),
    ...subgraphSettings(options.servicePortBase),
  }
  const superviseProgram = (program: Program, readyAt: string, isReadyStatus: (status: number) => boolean): Supervised => {
    const logFile = logFileOf(dataDir, program.name)
    const logged = sizeOfLog(logFile)
    return supervise({
      name: program.name,
      start: () => startProgram(dataDir, program),
      isReady: async () => isReadyStatus(await statusOf(readyAt)),
      tail: () => tailOf(logFile, logged),
      log,
    })
  }
  await page
  const started = services.map((name) => {
    const port = servicePortOf(name, options.servicePortBase)
    const url = databaseUrls[name]
    const key: Record<string, string> = name === 'violation' ? { DECISION_LOG_SIGNING_KEY: secretOf(dataDir, 'decision-log', signingKey) } : {}
    const own = { PORT: String(port), ...(url === undefined ? {} : { DATABASE_URL: url }), ...key }
    const program = { name, file: `services/${name}/src/main.ts`, env: { ...shared, ...own } }
    return superviseProgram(program, `http://127.0.0.1:${port}/readyz`, (status) => status === 200)
  })
  // Together, in the time of the slowest rather than of the sum.
  starting.defer(async () => void (await Promise.all(started.map((service) => service.stop()))))
  services.forEach((name, index) => parts.set(name, started[index] as Supervised))
  await timed(
    log,
    () => unlessAborted(Promise.all(started.map(({ ready }) => ready)), signal),
    () => `${started.length} services`,
  )

  const edgeUrl = `http://localhost:${options.edgePort}`
  const edgeEnv = { ...shared, EDGE_PORT: String(options.edgePort) }
  // Any answer will do: which paths the edge knows is the routing file's business.
  const edge = superviseProgram(
    { name: 'edge', file: 'deployment/edge/src/main.ts', env: edgeEnv },
    `http://127.0.0.1:${options.edgePort}/healthz`,
    (status) => status > 0,
  )
  parts.set('edge', edge)
  starting.defer(edge.stop)
  await timed(
    log,
    () => unlessAborted(edge.ready, signal),
    () => 'edge',
  )

  const running = starting.move()
  return {
    edgeUrl,
    dataDir,
    kafkaBrokers,
    adminDatabaseUrl: backends.database.url,
    databaseUrl(service) {
      const url = databaseUrls[service]
      if (url === undefined) throw new StartError(`${service} has no database`)
      return url
    },
    pidOf: (part) => parts.get(part)?.pid(),
    startsOf: (part) => partOf(parts, part).starts(),
    async kill9(part) {
      await partOf(parts, part).kill9()
    },
    stop: () => running.disposeAsync(),
  }
}

function superviseBackends(
  { broker, database }: Backends,
  { kafkaPort, postgresPort }: LocalStackOptions,
  dataDir: string,
  log: (line: string) => void,
): readonly [broker: Supervised, postgres: Supervised] {
  type Start = (signal: AbortSignal) => Promise<Run>
  const again = (name: PartName, first: Run, start: Start): Supervised => supervise({ name, first, start, log })
  return [
    again('broker', broker, (signal) => startBroker({ dataDir, port: kafkaPort, log, signal })),
    again('postgres', database, (signal) => startDatabase({ dataDir, port: postgresPort, log, signal })),
  ]
}

async function requirePorts({ edgePort, servicePortBase }: LocalStackOptions, services: readonly ServiceName[]): Promise<void> {
  await requireFreePort(edgePort, 'the edge', 'EDGE_PORT')
  for (const name of services) await requireFreePort(servicePortOf(name, servicePortBase), name, 'SERVICE_PORT_BASE')
}

function partOf(parts: ReadonlyMap<PartName, Supervised>, name: PartName): Supervised {
  const part = parts.get(name)
  if (part === undefined) throw new StartError(`${name} is not part of this installation`)
  return part
}

async function timed<T>(log: (line: string) => void, work: () => Promise<T>, describe: (result: T) => string): Promise<T> {
  const startedAtMs = performance.now()
  const result = await work()
  log(`${describe(result)}: ${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s`)
  return result
}

/** 0 when nothing answers. */
async function statusOf(url: string): Promise<number> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000), redirect: 'manual' })
    await response.body?.cancel()
    return response.status
  } catch {
    return 0
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', onAbort))
}
