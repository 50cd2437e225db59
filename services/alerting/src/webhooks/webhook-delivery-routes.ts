import { authenticate, tenantOf } from '@ott/http/authenticate'
import { pageOf, readPageRequest } from '@ott/http/page'
import { queryText } from '@ott/http/query-text'
import { jsonBody, readBody } from '@ott/http/read-body'
import type { Sql } from '@ott/postgres/database'
import { Problem } from '@ott/http/problem'
import type { Express } from 'express'
import { enableDestination, readDestinations } from '../deliveries/destination-health.ts'
import { destinationDisabled, noSuchDelivery } from '../deliveries/delivery-routes.ts'
import { listDeliveries, readDelivery } from '../deliveries/list-deliveries.ts'
import { resendDelivery, resendSince } from '../deliveries/resend-deliveries.ts'
import { tenantWebhookId } from './tenant-webhook.ts'
import { webhookRequests } from './read-webhook-request.ts'
import { idOf, noSuchWebhook, type WebhookRoutesOptions } from './webhook-routes.ts'
import { isWebhookKnown, webhookKey } from './webhook-store.ts'

/** What became of the messages to a webhook, sending them again, and letting it have messages again. Take the tenant's own webhook too, by the id `tenant`. */
export function addWebhookDeliveryRoutes(app: Express, { directory, database, guard, nowMs }: WebhookRoutesOptions): void {
  const authenticated = authenticate(directory)
  const body = jsonBody(4_096)
  const { resend } = webhookRequests(guard)

  app.get('/v1/webhooks/:id/deliveries', authenticated, async (request, response) => {
    const page = readPageRequest(request)
    const { tenantId } = tenantOf(response)
    const webhookId = idOf(request)
    const filter = { webhookId, status: queryText(request, 'status'), eventType: queryText(request, 'eventType') }
    const items = await database.transaction([tenantId], async (sql) => {
      await requireKnown(sql, tenantId, webhookId, { deleted: true })
      return listDeliveries(sql, tenantId, filter, page)
    })
    response.json(pageOf(items, page, (item) => item, ({ createdAt, id }) => ({ at: createdAt, id })))
  })

  app.post('/v1/webhooks/:id/deliveries\\:resend', authenticated, body, async (request, response) => {
    const { tenantId } = tenantOf(response)
    const webhookId = idOf(request)
    const key = webhookKey(webhookId)
    const asked = readBody(request, resend)
    const resent = await database.transaction([tenantId], async (sql) => {
      await requireKnown(sql, tenantId, webhookId, { deleted: false })
      if ((await readDestinations(sql, tenantId, [key])).get(key)?.disabledAt) throw destinationDisabled()
      if ('since' in asked) return resendSince(sql, tenantId, key, { since: new Date(asked.since), includeDelivered: asked.includeDelivered }, nowMs())
      const delivery = await readDelivery(sql, tenantId, asked.deliveryId)
      if (delivery?.destination.kind !== 'webhook' || delivery.destination.webhookId !== webhookId) throw noSuchDelivery()
      if (!(await resendDelivery(sql, tenantId, delivery.id, nowMs()))) throw new Problem(409, 'conflict', 'it is being sent right now')
      return { count: 1, moreSince: null }
    })
    response.status(202).json(resent)
  })

  app.post('/v1/webhooks/:id\\:enable', authenticated, async (request, response) => {
    const { tenantId } = tenantOf(response)
    const id = idOf(request)
    const wasDisabled = await database.transaction([tenantId], async (sql) => {
      await requireKnown(sql, tenantId, id, { deleted: false })
      return enableDestination(sql, tenantId, webhookKey(id))
    })
    response.json({ id, wasDisabled })
  })
}

async function requireKnown(sql: Sql, tenantId: string, id: string, including: { readonly deleted: boolean }): Promise<void> {
  if (id !== tenantWebhookId && !(await isWebhookKnown(sql, tenantId, id, including))) throw noSuchWebhook()
}
