import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import { callForTest } from '@ott/http/call-for-test'
import { serveForTest } from '@ott/http/serve-for-test'
import type { Database } from '@ott/postgres/database'
import { createAddressGuard } from '../src/deliveries/address-guard.ts'
import { addDeliveryRoutes } from '../src/deliveries/delivery-routes.ts'
import { addWebhookDeliveryRoutes } from '../src/webhooks/webhook-delivery-routes.ts'
import { addWebhookRoutes } from '../src/webhooks/webhook-routes.ts'

export interface Answer {
  readonly status: number
  readonly etag: string | null
  readonly body: Record<string, unknown> & { readonly items?: Record<string, unknown>[] }
}

/** The routes of webhooks and deliveries on a port of their own; keys are `key-of-<tenant>`. Webhooks on this machine are allowed. */
export async function aWebhookApi(database: Database, nowMs: () => number) {
  const configurations = new Map(['acme', 'globex'].map((tenantId) => [`key-of-${tenantId}`, { tenantId } as TenantConfiguration]))
  const directory = { findByKey: (key: string) => configurations.get(key), isCaughtUp: () => true }
  const guard = createAddressGuard('127.0.0.1')
  const app = await serveForTest({
    routes(routes) {
      const options = { directory, database, guard, nowMs }
      addWebhookRoutes(routes, options)
      addWebhookDeliveryRoutes(routes, options)
      addDeliveryRoutes(routes, options)
    },
  })
  return {
    logged: app.logged,
    as: (tenantId = 'acme') => async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
      const answer = await callForTest(app.url, { method, path, body, headers: { 'x-api-key': `key-of-${tenantId}`, ...headers } })
      return { status: answer.status, etag: answer.headers.get('etag'), body: answer.body as Answer['body'] }
    },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  }
}
export type WebhookApi = Awaited<ReturnType<typeof aWebhookApi>>
