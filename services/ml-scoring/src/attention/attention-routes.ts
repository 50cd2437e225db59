import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { Problem } from '@ott/http/problem'
import { shortText } from '@ott/http/query-text'
import type { Express } from 'express'
import { readAttention, type AttentionSource } from './read-attention.ts'

export interface AttentionRoutesOptions extends AttentionSource {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'isCaughtUp'>
}

/** `GET /v1/subjects/{id}/attention`: of a viewer of the caller's tenant; the id is percent-encoded in the path. */
export function addAttentionRoutes(app: Express, { directory, ...source }: AttentionRoutesOptions): void {
  app.get('/v1/subjects/:id/attention', authenticate(directory), async (request, response) => {
    const subject = shortText(String(request.params['id'])).toWellFormed()
    const { tenantId } = tenantOf(response)
    const shown = (await readAttention(source, tenantId, [subject])).get(subject)
    if (shown === undefined) throw new Problem(404, 'not-found', 'the tenant has no sequence-risk model in force, or no event of this viewer has been scored, or only in the last seconds')
    response.json({ subject, ...shown })
  })
}
