import { inboundTopicOf, letterTopics } from '@ott/contracts/topics'
import { defineService } from '@ott/service/define-service'
import { standardSettings } from '@ott/service/settings'
import { createCoalescingPublisher } from './coalescing-publisher.ts'
import { deadLetterStage } from './dead-letter-stage.ts'
import { redriveDeadLetters } from './dead-letter-store.ts'
import { addEventRoutes } from './event-routes.ts'
import { ensureRawEventDays, forgetOldEventKeys } from './ingest-store.ts'
import { readLedger } from './ledger.ts'
import { observeLedgers } from './ledger-metrics.ts'
import { addOperationsRoutes } from './operations-routes.ts'
import { createRefusalCounter } from './refusal-counter.ts'
import { countScreening } from './screening-metrics.ts'
import { ingestStage } from './stage.ts'

const hourMs = 3_600_000

/** Takes events in over HTTP and Kafka, tells new from seen, and keeps the books of what became of each. */
export const ingest = defineService({
  name: 'ingest',
  settings: standardSettings,
  async start({ bus, database: openDatabase, tenants, stage, scope, log, registry }) {
    const database = openDatabase()
    const directory = await tenants()
    const refusals = createRefusalCounter(database, Date.now)
    const screened = countScreening(registry)
    await ensureRawEventDays(database, Date.now())

    const inboundTopics = () => directory.all().map(({ tenantId }) => inboundTopicOf(tenantId))
    const running = await stage(ingestStage(directory, screened), { topics: inboundTopics() })
    // Topics change one after the other: each change leaves and joins the group.
    let changing = Promise.resolve()
    directory.onChange(() => {
      changing = changing.then(() => running.changeTopics(inboundTopics())).catch((error: unknown) => log.error({ error: String(error) }, 'could not subscribe to a new tenant'))
    })
    await running.changeTopics(inboundTopics())
    await stage(deadLetterStage, { topics: letterTopics() })

    const every = (ms: number, doing: string, work: () => Promise<unknown>) => {
      const timer = setInterval(() => void work().catch((error: unknown) => log.warn({ doing, error: String(error) }, 'housekeeping failed, repeating later')), ms)
      scope.defer(() => clearInterval(timer))
    }
    every(1_000, 'flush refusals', () => refusals.flush())
    every(hourMs, 'make partitions', () => ensureRawEventDays(database, Date.now()))
    every(hourMs, 'forget old event keys', () => forgetOldEventKeys(database, directory.all().map(({ tenantId }) => tenantId), Date.now()))
    every(30_000, 'finish interrupted redrives', async () => {
      const interruptedBefore = new Date(Date.now() - 60_000)
      for (const { tenantId } of directory.all()) await redriveDeadLetters(database, tenantId, { interruptedBefore }, 1_000, (records) => bus.publish(records))
    })
    scope.defer(() => refusals.flush().catch(() => undefined))

    observeLedgers({ registry, tenants: () => directory.all().map(({ tenantId }) => tenantId), read: (tenantId) => readLedger(tenantId, bus, database), nowMs: Date.now })

    const publisher = createCoalescingPublisher(bus, { waitingBytesMax: 64 * 1_048_576, waitMsMax: 8_000 })
    return {
      readiness: { 'inbound topics': () => directory.all().length > 0 },
      routes(app) {
        addEventRoutes(app, { directory, publisher, refusals, screened, nowMs: Date.now })
        addOperationsRoutes(app, { directory, bus, database, refusals })
      },
    }
  },
})
