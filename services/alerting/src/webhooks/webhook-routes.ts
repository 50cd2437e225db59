import { randomUUID } from 'node:crypto'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { pageOf, readPageRequest } from '@ott/http/page'
import { Problem } from '@ott/http/problem'
import { shortText } from '@ott/http/query-text'
import { jsonBody, readBody } from '@ott/http/read-body'
import { expectedVersion } from '@ott/http/version-tag'
import type { Database, Sql } from '@ott/postgres/database'
import { currentTraceparent } from '@ott/telemetry/tracing'
import type { Express, Request, Response } from 'express'
import type { AddressGuard } from '../deliveries/address-guard.ts'
import { disableDestination, enableDestination, forgetFailures } from '../deliveries/destination-health.ts'
import { deliveryId, queueDeliveries } from '../deliveries/queue-deliveries.ts'
import { generateEd25519KeyPair, generateHmacSecret } from '../receivers/sign-webhook.ts'
import { eventDelivery } from './announce-events.ts'
import { webhookRequests } from './read-webhook-request.ts'
import { rotateSecrets, shownWebhook, type Webhook, type WebhookSecret, type WebhookSignature } from './webhook.ts'
import { countWebhooks, insertWebhook, listWebhooks, readWebhook, updateWebhook, webhookKey } from './webhook-store.ts'

export interface WebhookRoutesOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'isCaughtUp'>
  readonly database: Database
  readonly guard: AddressGuard
  nowMs(): number
}

export const webhooksMax = 50

/** `/v1/webhooks`: the addresses that a tenant's partners subscribed to event types. */
export function addWebhookRoutes(app: Express, { directory, database, guard, nowMs }: WebhookRoutesOptions): void {
  const authenticated = authenticate(directory)
  const body = jsonBody(16_384)
  const requests = webhookRequests(guard)
  /** Works on one webhook, locked to the state that the caller has seen where it says so. */
  const withWebhook = (request: Request, response: Response, work: (sql: Sql, tenantId: string, webhook: Webhook) => Promise<void>): Promise<Webhook | undefined> => {
    const { tenantId } = tenantOf(response)
    const expected = expectedVersion(request)
    return database.transaction([tenantId], async (sql) => {
      const webhook = await readWebhook(sql, tenantId, idOf(request))
      if (webhook === undefined) throw noSuchWebhook()
      if (expected !== undefined && expected !== webhook.version) throw changedMeanwhile()
      await work(sql, tenantId, webhook)
      return readWebhook(sql, tenantId, webhook.id)
    })
  }
  const show = (response: Response, webhook: Webhook, once: object = {}) => response.set('etag', `"${webhook.version}"`).json({ ...shownWebhook(webhook, nowMs()), ...once })

  app.post('/v1/webhooks', authenticated, body, async (request, response) => {
    const { tenantId } = tenantOf(response)
    const { url, eventTypes, description, signature } = readBody(request, requests.create)
    const fresh = freshSecret(signature, nowMs())
    const webhook = await database.transaction([tenantId], async (sql) => {
      if ((await countWebhooks(sql, tenantId)) >= webhooksMax) throw new Problem(409, 'conflict', `there are ${webhooksMax} webhooks already: delete one first`)
      const id = `wh_${randomUUID().replaceAll('-', '')}`
      await insertWebhook(sql, tenantId, { id, url, eventTypes, description, signature, secrets: [fresh] }, nowMs())
      return readWebhook(sql, tenantId, id)
    })
    show(response.status(201), found(webhook), shownOnce(fresh))
  })

  app.get('/v1/webhooks', authenticated, async (request, response) => {
    const page = readPageRequest(request)
    const { tenantId } = tenantOf(response)
    const webhooks = await database.transaction([tenantId], (sql) => listWebhooks(sql, tenantId, page))
    response.json(pageOf(webhooks, page, (webhook) => shownWebhook(webhook, nowMs()), ({ createdAt, id }) => ({ at: createdAt, id })))
  })

  app.get('/v1/webhooks/:id', authenticated, async (request, response) => {
    show(response, found(await withWebhook(request, response, async () => undefined)))
  })

  app.patch('/v1/webhooks/:id', authenticated, body, async (request, response) => {
    const { disabled, ...change } = readBody(request, requests.change)
    const webhook = await withWebhook(request, response, async (sql, tenantId, present) => {
      if (!(await updateWebhook(sql, tenantId, present, change, nowMs()))) throw changedMeanwhile()
      if (change.url !== undefined && change.url !== present.url) await forgetFailures(sql, tenantId, webhookKey(present.id))
      if (disabled === true) await disableDestination(sql, tenantId, webhookKey(present.id), 'requested', nowMs())
      if (disabled === false) await enableDestination(sql, tenantId, webhookKey(present.id))
    })
    show(response, found(webhook))
  })

  app.delete('/v1/webhooks/:id', authenticated, async (request, response) => {
    await withWebhook(request, response, async (sql, tenantId, present) => {
      if (!(await updateWebhook(sql, tenantId, present, { deleted: true }, nowMs()))) throw changedMeanwhile()
      await disableDestination(sql, tenantId, webhookKey(present.id), 'deleted', nowMs())
    })
    response.status(204).end()
  })

  app.post('/v1/webhooks/:id\\:rotate-secret', authenticated, body, async (request, response) => {
    const { overlapSeconds } = readBody(request, requests.rotate)
    let fresh: WebhookSecret | undefined
    const webhook = await withWebhook(request, response, async (sql, tenantId, present) => {
      fresh = freshSecret(present.signature, nowMs())
      const secrets = rotateSecrets(present.secrets, fresh, nowMs(), overlapSeconds * 1_000)
      if (!(await updateWebhook(sql, tenantId, present, { secrets }, nowMs()))) throw changedMeanwhile()
    })
    show(response, found(webhook), fresh && shownOnce(fresh))
  })

  app.post('/v1/webhooks/:id\\:test', authenticated, async (request, response) => {
    const messageId = randomUUID().replaceAll('-', '')
    const event = { type: 'webhook.test', timestamp: new Date(nowMs()).toISOString(), data: { message: 'a test: nothing has happened' } }
    const webhook = await withWebhook(request, response, async (sql, tenantId, { id, health }) => {
      if (health.disabledAt !== null) throw new Problem(409, 'conflict', 'the webhook is disabled: enable it first')
      await queueDeliveries(sql, [eventDelivery(tenantId, id, { messageId, lane: messageId, event, traceparent: currentTraceparent() })], nowMs())
    })
    response.status(202).json({ deliveryId: deliveryId(messageId, { kind: 'webhook', webhookId: found(webhook).id }) })
  })
}

export function noSuchWebhook(): Problem {
  return new Problem(404, 'not-found', 'there is no such webhook')
}

function changedMeanwhile(): Problem {
  return new Problem(412, 'precondition-failed', 'somebody else has changed the webhook meanwhile')
}

function found(webhook: Webhook | undefined): Webhook {
  if (webhook === undefined) throw noSuchWebhook()
  return webhook
}

export function idOf(request: Request): string {
  return shortText(String(request.params['id']))
}

function freshSecret(signature: WebhookSignature, nowMs: number): WebhookSecret {
  const parts = { createdAt: new Date(nowMs).toISOString(), expiresAt: null }
  return signature === 'v1a' ? { ...generateEd25519KeyPair(), ...parts } : { secret: generateHmacSecret(), ...parts }
}

/** A shared secret is its owner's too, to verify with; of a key pair the owner needs the public half alone. */
function shownOnce({ secret, publicKey }: WebhookSecret): object {
  return publicKey === undefined ? { secret } : { publicKey }
}
