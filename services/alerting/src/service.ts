import { violationOpened } from '@ott/contracts/violation-opened'
import { openSubgraph } from '@ott/graphql/subgraph'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { pageOf, readPageRequest } from '@ott/http/page'
import { queryText } from '@ott/http/query-text'
import { defineService } from '@ott/service/define-service'
import { standardSettings } from '@ott/service/settings'
import { z } from 'zod'
import { listAlerts } from './alert-store.ts'
import { startDeliverer } from './deliver-alerts.ts'
import { observeDeliveries } from './delivery-metrics.ts'
import { alertingStage } from './stage.ts'
import { alertingContext, resolvers, type AlertingContext } from './subgraph/resolvers.ts'
import { createWebhookSender } from './webhook.ts'

/** Raises an alert for every violation and delivers it to the tenant's receiver. */
export const alerting = defineService({
  name: 'alerting',
  settings: standardSettings.extend({
    /** Lets receivers be on the installation's own network. */
    ALLOW_INNER_WEBHOOKS: z.stringbool().default(false),
    DELIVERY_ATTEMPTS_MAX: z.coerce.number().int().min(1).max(100).default(12),
    DELIVERY_BACK_OFF_FIRST_MS: z.coerce.number().int().min(1).default(1_000),
    DELIVERY_BACK_OFF_MAX_MS: z.coerce.number().int().min(1).default(3_600_000),
  }),
  async start({ settings, database: openDatabase, tenants, stage, bus, scope, log, registry }) {
    const database = openDatabase()
    const directory = await tenants()
    await stage(alertingStage(directory, Date.now), { topics: [violationOpened.topic] })
    const metrics = observeDeliveries(registry)
    const deliverer = startDeliverer({
      database,
      bus,
      directory,
      post: metrics.timed(createWebhookSender(settings.ALLOW_INNER_WEBHOOKS)),
      settings: {
        attemptsMax: settings.DELIVERY_ATTEMPTS_MAX,
        backOff: { firstMs: settings.DELIVERY_BACK_OFF_FIRST_MS, maxMs: settings.DELIVERY_BACK_OFF_MAX_MS },
        pollMs: 250,
        concurrency: 20,
      },
      nowMs: Date.now,
      random: Math.random,
      onFault: (error) => log.warn({ error: String(error) }, 'alerts could not be taken, repeating'),
      onDelivery({ tenantId, id, attempts }, result) {
        metrics.tried({ tenantId }, result)
        log.info({ tenant: tenantId, alert: id, attempts, status: result.status, error: 'error' in result ? result.error : undefined }, 'alert delivery tried')
      },
    })
    scope.defer(() => deliverer.stop())
    const subgraph = await openSubgraph<AlertingContext>({
      schemaFile: new URL('./subgraph/schema.graphql', import.meta.url),
      resolvers,
      context: (caller) => alertingContext(database, caller),
      directory,
      log,
      registry,
      scope,
    })
    return {
      routes(app) {
        subgraph.mount(app)
        app.get('/v1/alerts', authenticate(directory), async (request, response) => {
          const page = readPageRequest(request)
          const filter = { status: queryText(request, 'status'), violationId: queryText(request, 'violationId') }
          const items = await listAlerts(database, tenantOf(response).tenantId, filter, page)
          response.json(pageOf(items, page, (item) => item, ({ createdAt, id }) => ({ at: createdAt, id })))
        })
      },
    }
  },
})
