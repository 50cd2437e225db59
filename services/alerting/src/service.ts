import { violationOpened } from '@ott/contracts/violation-opened'
import { openSubgraph } from '@ott/graphql/subgraph'
import { defineService } from '@ott/service/define-service'
import { standardSettings } from '@ott/service/settings'
import { z } from 'zod'
import type { AlertingStep } from './alerting-steps.ts'
import { addAlertRoutes } from './alerts/alert-routes.ts'
import { keepAlertsBy } from './alerts/keep-alerts.ts'
import { addConfigurationRoutes } from './configuration/configuration-routes.ts'
import { rememberConfigurations } from './configuration/configuration-store.ts'
import { addReceiverRoutes } from './configuration/receiver-routes.ts'
import { createAddressGuard } from './deliveries/address-guard.ts'
import { addDeliveryRoutes } from './deliveries/delivery-routes.ts'
import { observeDeliveries } from './deliveries/delivery-metrics.ts'
import { parseRetrySchedule } from './deliveries/retry-schedule.ts'
import { startSending } from './start-sending.ts'
import { workOnGroups } from './groups/work-on-groups.ts'
import { addSilenceRoutes } from './silences/silence-routes.ts'
import { alertingStage } from './stage.ts'
import { alertingContext, resolvers, type AlertingContext } from './subgraph/resolvers.ts'
import { createAnnouncer } from './webhooks/announce-events.ts'
import { addWebhookRoutes } from './webhooks/webhook-routes.ts'

const settings = standardSettings.extend({
  /** Networks of the installation's own that receivers may be in, as on a developer's machine: `127.0.0.0/8,10.1.0.0/16`. */
  WEBHOOK_ALLOWED_NETWORKS: z.string().default(''),
  DELIVERY_RETRY_SCHEDULE: z.string().default('5s,5m,30m,2h,5h,10h,14h,20h,24h'),
  /** Where people reach the installation: messages link to it. */
  PUBLIC_URL: z.union([z.literal(''), z.url({ protocol: /^https?$/ })]).default(''),
})

/** What tests may watch. */
export interface AlertingHooks {
  onStep?(step: AlertingStep): void
}

/** Raises alerts, groups them, finds whom they concern, and gets them there. */
export const alertingService = ({ onStep = () => undefined }: AlertingHooks = {}) =>
  defineService({
    name: 'alerting',
    settings,
    async start({ settings: { WEBHOOK_ALLOWED_NETWORKS, DELIVERY_RETRY_SCHEDULE, PUBLIC_URL }, database: openDatabase, tenants, stage, bus, scope, log, registry }) {
      const database = openDatabase(10)
      const directory = await tenants()
      const publicUrl = PUBLIC_URL.replace(/\/$/, '')
      const configurations = rememberConfigurations((tenant, problem) => log.error({ tenant, problem }, 'a configuration can not be read any more: the default holds'))
      const guard = createAddressGuard(WEBHOOK_ALLOWED_NETWORKS)
      const keep = keepAlertsBy(configurations, createAnnouncer(directory))
      const tell = { database, bus, keep, configurations, directory, nowMs: Date.now }
      const onFault = (error: unknown) => log.warn({ error: String(error) }, 'alerting could not do what was due, repeating')

      await stage(alertingStage({ keep, nowMs: Date.now, publicUrl, onStep }), { topics: [violationOpened.topic] })
      const groups = workOnGroups({
        ...tell,
        publicUrl,
        intervalMs: 250,
        onFault,
        onFlushed({ tenantId, receiver }, notifications) {
          onStep('grouped')
          if (notifications > 0) log.info({ tenant: tenantId, receiver, notifications }, 'a group was told of')
        },
      })
      scope.defer(() => groups.stop())
      const sending = startSending({ ...tell, guard, waitsMs: parseRetrySchedule(DELIVERY_RETRY_SCHEDULE), metrics: observeDeliveries(registry), onStep, onFault, log })
      scope.defer(() => sending.stop())

      const subgraph = await openSubgraph<AlertingContext>({
        schemaFile: new URL('./subgraph/schema.graphql', import.meta.url),
        resolvers,
        context: (caller) => alertingContext(tell, caller),
        directory,
        log,
        registry,
        scope,
      })
      return {
        routes(app) {
          subgraph.mount(app)
          addAlertRoutes(app, tell)
          addSilenceRoutes(app, tell)
          addConfigurationRoutes(app, tell)
          addReceiverRoutes(app, tell)
          addWebhookRoutes(app, { ...tell, guard })
          addDeliveryRoutes(app, tell)
        },
      }
    },
  })

export const alerting = alertingService()
