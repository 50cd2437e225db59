import { randomUUID } from 'node:crypto'
import { followTenants, type TenantDirectory } from '@ott/auth/tenant-directory'
import { groupOf, type StageName } from '@ott/contracts/topics'
import { createHttpApp } from '@ott/http/http-app'
import { listen, type Listening } from '@ott/http/listen'
import { createKafkaBus } from '@ott/kafka/kafka-bus'
import type { Bus } from '@ott/pipeline/bus'
import type { Stage } from '@ott/pipeline/define-stage'
import { defaultStageSettings, runStage, type RunningStage, type StageSettings } from '@ott/pipeline/run-stage'
import { untilCaughtUp } from '@ott/pipeline/follow-configuration'
import { withScope } from '@ott/pipeline/scope'
import type { StageObserver } from '@ott/pipeline/stage-observer'
import { openDatabase, type Database, type Sql } from '@ott/postgres/database'
import { createLogger, type Logger } from '@ott/telemetry/logger'
import { observeLag } from '@ott/telemetry/consumer-lag'
import { createRegistry, Gauge, type Registry } from '@ott/telemetry/metrics'
import { observeStage } from '@ott/telemetry/stage-telemetry'
import { traceStage } from '@ott/telemetry/trace-stage'
import { ownTracer } from '@ott/telemetry/tracing'
import type { Express } from 'express'
import type { z } from 'zod'
import type { StandardSettings } from './settings.ts'

/** What a service is made of. Importing one does nothing; `run` or a test starts it. */
export interface Service<Settings extends StandardSettings = StandardSettings> {
  readonly name: string
  readonly settings: z.ZodType<Settings>
  start(context: ServiceContext<Settings>): Promise<ServiceParts>
}

/** What a service adds to the host: routes and what must hold before it is ready. */
export interface ServiceParts {
  readonly readiness?: Readonly<Record<string, () => boolean | Promise<boolean>>>
  routes?(app: Express): void
  /** Called when the port is open; for what shares it, such as WebSocket upgrades. */
  listening?(listening: Listening): void
}

/** What the host gives a service. Everything opened here is closed in reverse order when the service stops. */
export interface ServiceContext<Settings> {
  readonly settings: Settings
  readonly scope: AsyncDisposableStack
  readonly log: Logger
  readonly registry: Registry
  readonly bus: Bus
  /** Opens the service's database; a service that has none never calls it. */
  database(poolMax?: number): Database
  tenants(): Promise<TenantDirectory>
  stage<Event, Facts, Row, State>(stage: Stage<Event, Facts, Row, State, Sql>, settings: Partial<StageSettings> & Pick<StageSettings, 'topics'>): Promise<RunningStage>
  fail(error: Error): void
}

export interface RunningService {
  readonly name: string
  readonly port: number
  readonly failed: Promise<Error>
  stop(): Promise<void>
}

/** Names a service's parts and lets the compiler infer its settings. */
export function defineService<Settings extends StandardSettings>(service: Service<Settings>): Service<Settings> {
  return service
}

/** Connects a service to its broker; tests pass a bus of their own. */
export type OpenBus = (settings: StandardSettings, service: string, log: Logger) => Promise<Bus>

const openKafkaBus: OpenBus = (settings, service, log) =>
  createKafkaBus({ brokers: settings.KAFKA_BROKERS, clientId: `ott-${service}`, topicPrefix: settings.KAFKA_TOPIC_PREFIX, log })

/** Starts a service: its own parts first, then its port. When a part fails to start, those before it are stopped again. */
export async function startService<Settings extends StandardSettings>(
  service: Service<Settings>,
  settings: Settings,
  openBus: OpenBus = openKafkaBus,
): Promise<RunningService> {
  const log = createLogger({ service: service.name, level: settings.LOG_LEVEL })
  const registry = createRegistry(service.name)
  let failure: Error | undefined
  const { promise: failed, resolve } = Promise.withResolvers<Error>()
  const fail = (error: Error) => {
    if (failure !== undefined) return
    failure = error
    log.fatal({ error: error.message, stack: error.stack }, 'service failed')
    resolve(error)
  }
  const { value: port, stop } = await withScope(async (scope) => {
    const bus = await openBus(settings, service.name, log)
    scope.defer(() => bus.close())
    const context = createContext({ service: service.name, settings, scope, log, registry, bus, fail })
    const parts = await service.start(context)
    const app = createHttpApp({
      log,
      registry,
      isHealthy: () => failure === undefined,
      readiness: { ...context.readiness, ...parts.readiness },
      routes: (express) => parts.routes?.(express),
    })
    const listening = await listen(app, { host: settings.HOST, port: settings.PORT })
    scope.defer(() => listening.stop())
    parts.listening?.(listening)
    log.info({ port: listening.port }, 'listening')
    return listening.port
  })
  return { name: service.name, port, failed, stop }
}

function createContext<Settings extends StandardSettings>(host: {
  service: string
  settings: Settings
  scope: AsyncDisposableStack
  log: Logger
  registry: Registry
  bus: Bus
  fail(error: Error): void
}): ServiceContext<Settings> & { readiness: Record<string, () => boolean | Promise<boolean>> } {
  const { service, settings, scope, log, registry, bus, fail } = host
  const readiness: Record<string, () => boolean | Promise<boolean>> = {}
  let database: Database | undefined
  let tenants: Promise<TenantDirectory> | undefined
  let observer: StageObserver | undefined
  const stages: { name: StageName; topics: readonly string[]; isReady(): boolean }[] = []

  const openOwnDatabase = (poolMax = 6): Database => {
    if (database !== undefined) return database
    const url = settings.DATABASE_URL
    if (url === undefined) throw new Error('DATABASE_URL: must be set for this service')
    const opened = openDatabase({ url, poolMax, applicationName: `ott-${service}` })
    database = opened
    scope.defer(() => opened.close())
    readiness['database'] = () => opened.isReachable()
    return opened
  }

  return {
    settings,
    scope,
    log,
    registry,
    bus,
    fail,
    readiness,
    database: openOwnDatabase,
    async tenants() {
      tenants ??= followTenants({
        bus,
        group: `directory.${service}.${randomUUID()}`,
        onInvalid: (detail) => log.error({ detail }, 'a tenant configuration breaks its contract and was left out'),
        onFatal: fail,
      })
      const directory = await tenants
      scope.defer(() => directory.stop())
      readiness['tenants'] = () => directory.isCaughtUp()
      // What a stage decided without knowing its tenants (no receiver, no baseline) would stay decided.
      await untilCaughtUp(directory, "the tenants' configurations")
      return directory
    },
    async stage(stage, stageSettings) {
      const group = groupOf(stage.name)
      const tracer = ownTracer()
      const running = await runStage(
        stage,
        {
          bus,
          unitOfWork: (names, work) => openOwnDatabase().transaction(names, work),
          observer: (observer ??= observeStage(registry, log)),
          tracer: tracer && traceStage(tracer, { stage: stage.name, group }),
          nowMs: Date.now,
          random: Math.random,
        },
        { group, ...defaultStageSettings, ...stageSettings },
        fail,
      )
      scope.defer(() => running.stop())
      readiness[`stage ${stage.name}`] = () => running.isReady()
      const told = { name: stage.name, topics: stageSettings.topics, isReady: () => running.isReady() }
      if (stages.push(told) === 1) observeStages(registry, bus, stages)
      return {
        ...running,
        changeTopics(topics) {
          told.topics = topics
          return running.changeTopics(topics)
        },
      }
    },
  }
}

/** Whether a service's stages work, and how far each is behind. */
function observeStages(registry: Registry, bus: Bus, stages: readonly { readonly name: StageName; readonly topics: readonly string[]; isReady(): boolean }[]): void {
  new Gauge({
    name: 'ott_stage_ready',
    help: '1 while a stage belongs to its group and has not failed.',
    labelNames: ['stage'],
    registers: [registry],
    collect() {
      for (const { name, isReady } of stages) this.set({ stage: name }, isReady() ? 1 : 0)
    },
  })
  observeLag(registry, () => Promise.all(stages.map(async ({ name, topics }) => ({ stage: name, lags: topics.length === 0 ? [] : await bus.lagByPartition(groupOf(name), topics) }))))
}
