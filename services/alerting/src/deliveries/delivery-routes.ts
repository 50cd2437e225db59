import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { pageOf, readPageRequest } from '@ott/http/page'
import { Problem } from '@ott/http/problem'
import { queryText, shortText } from '@ott/http/query-text'
import type { Database } from '@ott/postgres/database'
import type { Express } from 'express'
import { readDestinations } from './destination-health.ts'
import { destinationKey } from './destination-key.ts'
import { listDeliveries, readDelivery } from './list-deliveries.ts'
import { resendDelivery } from './resend-deliveries.ts'

export interface DeliveryRoutesOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'isCaughtUp'>
  readonly database: Database
  nowMs(): number
}

/** `/v1/deliveries`: what was sent to whom, what came of each try, and once more if need be. */
export function addDeliveryRoutes(app: Express, { directory, database, nowMs }: DeliveryRoutesOptions): void {
  const authenticated = authenticate(directory)

  app.get('/v1/deliveries', authenticated, async (request, response) => {
    const page = readPageRequest(request)
    const { tenantId } = tenantOf(response)
    const filter = { webhookId: queryText(request, 'webhookId'), receiver: queryText(request, 'receiver'), status: queryText(request, 'status'), eventType: queryText(request, 'eventType') }
    const items = await database.transaction([tenantId], (sql) => listDeliveries(sql, tenantId, filter, page))
    response.json(pageOf(items, page, (item) => item, ({ createdAt, id }) => ({ at: createdAt, id })))
  })

  app.get('/v1/deliveries/:id', authenticated, async (request, response) => {
    const { tenantId } = tenantOf(response)
    const delivery = await database.transaction([tenantId], (sql) => readDelivery(sql, tenantId, shortText(String(request.params['id']))))
    if (delivery === undefined) throw noSuchDelivery()
    response.json(delivery)
  })

  app.post('/v1/deliveries/:id\\:resend', authenticated, async (request, response) => {
    const { tenantId } = tenantOf(response)
    const id = shortText(String(request.params['id']))
    await database.transaction([tenantId], async (sql) => {
      const delivery = await readDelivery(sql, tenantId, id)
      if (delivery === undefined) throw noSuchDelivery()
      const key = destinationKey(delivery.destination)
      if ((await readDestinations(sql, tenantId, [key])).get(key)?.disabledAt) throw destinationDisabled()
      if (!(await resendDelivery(sql, tenantId, id, nowMs()))) throw new Problem(409, 'conflict', 'it is being sent right now')
    })
    response.status(202).json({ count: 1, moreSince: null })
  })
}

export function noSuchDelivery(): Problem {
  return new Problem(404, 'not-found', 'there is no such delivery')
}

export function destinationDisabled(): Problem {
  return new Problem(409, 'conflict', 'the destination is disabled: enable it first')
}
