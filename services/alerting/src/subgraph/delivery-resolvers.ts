import type { Caller } from '@ott/graphql/caller'
import { idOf, listPageOf, readListArguments } from '@ott/graphql/list-page'
import type { Database } from '@ott/postgres/database'
import { listDeliveries, type DeliveryItem } from '../deliveries/list-deliveries.ts'
import { resendDelivery } from '../deliveries/resend-deliveries.ts'
import { listWebhooks } from '../webhooks/webhook-store.ts'

interface DeliveryContext {
  readonly caller: Caller
  readonly database: Database
  readonly nowMs: () => number
}

interface DeliveryArguments {
  readonly first: number
  readonly after?: string | null
  readonly webhookId?: string | null
  readonly receiver?: string | null
  readonly status?: string | null
  readonly eventType?: string | null
}

const at = ({ createdAt, id }: { readonly createdAt: string; readonly id: string }) => ({ at: createdAt, id })

export const deliveryQueries = {
  async deliveries(_root: unknown, { webhookId, receiver, status, eventType, ...range }: DeliveryArguments, { caller, database }: DeliveryContext) {
    const page = readListArguments(range)
    const filter = { webhookId: webhookId ?? undefined, receiver: receiver ?? undefined, status: status ?? undefined, eventType: eventType ?? undefined }
    return listPageOf(await database.transaction([caller.tenantId], (sql) => listDeliveries(sql, caller.tenantId, filter, page)), page, at)
  },
  async webhooks(_root: unknown, range: { first: number; after?: string | null }, { caller, database }: DeliveryContext) {
    const page = readListArguments(range)
    return listPageOf(await database.transaction([caller.tenantId], (sql) => listWebhooks(sql, caller.tenantId, page)), page, at)
  },
}

export const deliveryMutations = {
  resendDelivery: (_root: unknown, { id }: { id: string }, { caller, database, nowMs }: DeliveryContext) =>
    database.transaction([caller.tenantId], (sql) => resendDelivery(sql, caller.tenantId, idOf(id), nowMs())),
}

export const deliveryFields = {
  receiver: ({ destination }: DeliveryItem) => (destination.kind === 'receiver' ? destination.receiver : null),
  integration: ({ destination }: DeliveryItem) => (destination.kind === 'receiver' ? destination.integration : null),
  webhookId: ({ destination }: DeliveryItem) => (destination.kind === 'webhook' ? destination.webhookId : null),
}
