import { hostname } from 'node:os'
import { violationOpened } from '@ott/contracts/violation-opened'
import { openSubgraph } from '@ott/graphql/subgraph'
import { defineService } from '@ott/service/define-service'
import { standardSettings } from '@ott/service/settings'
import { z } from 'zod'
import type { AlertingStep } from './alerting-steps.ts'
import { addAlertRoutes } from './alerts/alert-routes.ts'
import { keepAlertsBy } from './alerts/keep-alerts.ts'
import { destinationDisabled } from './alerts/system-alert.ts'
import { addConfigurationRoutes } from './configuration/configuration-routes.ts'
import { rememberConfigurations } from './configuration/configuration-store.ts'
import { addReceiverRoutes } from './configuration/receiver-routes.ts'
import { addDeliveryRoutes } from './deliveries/delivery-routes.ts'
import { deliverySettings } from './deliveries/delivery-settings.ts'
import { openDeliveries } from './deliveries/open-deliveries.ts'
import { resolveSafely } from './deliveries/safe-request.ts'
import { workOnGroups } from './groups/work-on-groups.ts'
import { createSender } from './receivers/send-by-kind.ts'
import { sendToReceiver } from './receivers/send-to-receiver.ts'
import { addSilenceRoutes } from './silences/silence-routes.ts'
import { alertingStage } from './stage.ts'
import { alertingContext, resolvers, type AlertingContext } from './subgraph/resolvers.ts'
import { createAnnouncer } from './webhooks/announce-events.ts'
import { addWebhookDeliveryRoutes } from './webhooks/webhook-delivery-routes.ts'
import { addWebhookRoutes } from './webhooks/webhook-routes.ts'

const settings = standardSettings.extend({
  ...deliverySettings,
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
    async start({ settings: given, database: openDatabase, tenants, stage, bus, scope, log, registry }) {
      const database = openDatabase(10)
      const directory = await tenants()
      const publicUrl = given.PUBLIC_URL.replace(/\/$/, '')
      const configurations = rememberConfigurations((tenant, problem) => log.error({ tenant, problem }, 'a configuration can not be read any more: the default holds'))
      const guard = given.WEBHOOK_ALLOWED_NETWORKS
      const keep = keepAlertsBy(configurations, createAnnouncer(directory))
      const tell = { database, bus, keep, configurations, directory, nowMs: Date.now }
      const onFault = (error: unknown) => log.warn({ error: String(error) }, 'alerting could not do what was due, repeating')

      await stage(alertingStage({ keep, nowMs: Date.now, publicUrl, onStep }), { topics: [violationOpened.topic] })
      const groups = workOnGroups({
        ...tell,
        publicUrl,
        intervalMs: 250,
        deliveriesKeptMs: given.DELIVERY_LOG_DAYS * 86_400_000,
        onFault,
        onFlushed({ tenantId, receiver }, notifications) {
          onStep('grouped')
          if (notifications > 0) log.info({ tenant: tenantId, receiver, notifications }, 'a group was told of')
        },
      })
      scope.defer(() => groups.stop())
      const sending = openDeliveries({
        ...tell,
        settings: given,
        registry,
        log,
        random: Math.random,
        sendToReceiver(request) {
          const resolve = async (host: string) => (await resolveSafely(host, guard))[0]?.address ?? ''
          const send = sendToReceiver({ database, configurations, send: createSender({ request, smtp: { resolve }, hostname: hostname() }) })
          return async (delivery, parts) => {
            const result = await send(delivery, parts)
            onStep('sent')
            return result
          }
        },
        onTried: () => onStep('marked'),
        async onDisabled(sql, { tenantId, destination, error }, at) {
          await keep([destinationDisabled(tenantId, destination, error, at)], [], sql, at)
        },
      })
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
          addWebhookDeliveryRoutes(app, { ...tell, guard })
          addDeliveryRoutes(app, tell)
        },
      }
    },
  })

export const alerting = alertingService()
