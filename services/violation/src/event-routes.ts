import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { Problem } from '@ott/http/problem'
import { shortText } from '@ott/http/query-text'
import type { Database } from '@ott/postgres/database'
import type { Express } from 'express'
import { readDecision } from './event-store.ts'

/** `GET /v1/events/{id}`: the caller's own tenant's. */
export function addEventRoutes(app: Express, { directory, database }: { directory: TenantDirectory; database: Database }): void {
  app.get('/v1/events/:id', authenticate(directory), async (request, response) => {
    const decision = await readDecision(database, tenantOf(response).tenantId, shortText(String(request.params['id'])))
    if (decision === undefined) throw new Problem(404, 'not-found', 'no event of this id has reached an outcome')
    response.json(decision)
  })
}
