import { createApiKey, hashApiKey } from '@ott/auth/api-key'
import { problemsOf } from '@ott/contracts/define-event'
import { callerOf } from '@ott/graphql/caller'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { invalidRequest, Problem } from '@ott/http/problem'
import express, { type Express } from 'express'
import { z } from 'zod'
import type { TenantRoutesOptions } from './tenant-routes.ts'
import { apiKeysMax, type TenantStore } from './tenant-store.ts'

/** Names who did something, in lists and audit trails: of an officer, a team or a machine. */
const keyRequest = z.strictObject({ id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 letters, digits, dots, hyphens or underscores') })

type ApiKeyRoutesOptions = TenantRoutesOptions & { readonly store: Pick<TenantStore, 'read' | 'keys' | 'createKey' | 'deleteKey'> }

/** `GET` and `POST /v1/tenant/keys`, `DELETE /v1/tenant/keys/{id}`: a tenant's own API keys. A new one is shown once, in the answer. */
export function addApiKeyRoutes(app: Express, { directory, store, publish }: ApiKeyRoutesOptions): void {
  const authenticated = authenticate(directory)
  const tell = async (tenantId: string) => {
    const configuration = await store.read(tenantId)
    if (configuration !== undefined) await publish(configuration)
  }
  app.get('/v1/tenant/keys', authenticated, async (request, response) => {
    const { tenantId, keyId } = callerOf(request, response, directory)
    const keys = await store.keys(tenantId)
    response.json({ items: keys.map(({ id, createdAt }) => ({ id, createdAt: createdAt.toISOString(), isCalling: id === keyId })) })
  })
  app.post('/v1/tenant/keys', authenticated, express.json({ limit: 4_096, type: () => true }), async (request, response) => {
    const { tenantId } = tenantOf(response)
    const asked = keyRequest.safeParse(request.body)
    if (!asked.success) throw invalidRequest(problemsOf(asked.error))
    const { id } = asked.data
    const key = createApiKey()
    const outcome = await store.createKey(tenantId, id, hashApiKey(key))
    if (outcome === 'exists') throw new Problem(409, 'conflict', 'there is a key of this id')
    if (outcome === 'too-many') throw new Problem(409, 'conflict', `there are ${apiKeysMax} keys already`)
    await tell(tenantId)
    response.status(201).json({ id, key })
  })
  app.delete('/v1/tenant/keys/:id', authenticated, async (request, response) => {
    const { tenantId, keyId } = callerOf(request, response, directory)
    const id = String(request.params['id'])
    if (id === keyId) throw new Problem(409, 'conflict', 'this request was made with it: end it with another key')
    const outcome = await store.deleteKey(tenantId, id)
    if (outcome === 'unknown') throw new Problem(404, 'not-found', 'there is no key of this id')
    if (outcome === 'last') throw new Problem(409, 'conflict', 'it is the only key: make another one first')
    await tell(tenantId)
    response.status(204).end()
  })
}
