import { randomBytes } from 'node:crypto'
import { problemsOf } from '@ott/contracts/define-event'
import { screeningModes } from '@ott/contracts/screening'
import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import { isViewerEventType } from '@ott/contracts/viewer-event-types'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { invalidRequest, Problem } from '@ott/http/problem'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import express, { type Express } from 'express'
import { z } from 'zod'
import type { TenantStore } from './tenant-store.ts'

/** A URL may be read from text with spaces and control characters; it can't be kept with all of them. */
const webhookUrl = z.url({ protocol: /^https?$/ }).max(2_048).regex(/^[^\u0000-\u0020]+$/, 'contains a space or a control character')

const changeRequest = z.strictObject({
  riskThreshold: z.number().min(0).max(1).optional(),
  ignoredEventTypes: z.array(z.string().refine(isViewerEventType, 'is not in the catalogue of event types')).max(100).optional(),
  screening: z.enum(screeningModes).optional(),
  webhook: z.union([z.strictObject({ url: webhookUrl }), z.null()]).optional(),
})

export interface TenantRoutesOptions {
  readonly directory: TenantDirectory
  readonly store: TenantStore
  /** Sends a tenant's changed configuration to every service. */
  publish(configuration: TenantConfiguration): Promise<void>
}

/** `GET` and `PATCH /v1/tenant`: the caller's own tenant. A new webhook's signing secret is shown once, in the answer. */
export function addTenantRoutes(app: Express, { directory, store, publish }: TenantRoutesOptions): void {
  app.get('/v1/tenant', authenticate(directory), async (_request, response) => {
    response.json(await shown(store, tenantOf(response).tenantId))
  })
  app.patch('/v1/tenant', authenticate(directory), express.json({ limit: 65_536, type: () => true }), async (request, response) => {
    const { tenantId } = tenantOf(response)
    const change = changeRequest.safeParse(request.body)
    if (!change.success) throw invalidRequest(problemsOf(change.error))
    const { webhook } = change.data
    const secret = `whsec_${randomBytes(24).toString('base64')}`
    await store.change(tenantId, { ...change.data, webhook: webhook && { url: webhook.url, secret } })
    const configuration = await store.read(tenantId)
    if (configuration !== undefined) await publish(configuration)
    const answer = await shown(store, tenantId)
    response.json(webhook ? { ...answer, webhook: { url: webhook.url, secret } } : answer)
  })
}

async function shown(store: TenantStore, tenantId: string): Promise<Record<string, unknown>> {
  const configuration = await store.read(tenantId)
  if (configuration === undefined) throw new Problem(404, 'not-found', 'the tenant no longer exists')
  const { name, riskThreshold, ignoredEventTypes, screening, webhook } = configuration
  return { id: tenantId, name, riskThreshold, ignoredEventTypes, screening: screening ?? 'mark', webhook: webhook === undefined ? null : { url: webhook.url } }
}
