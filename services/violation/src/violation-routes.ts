import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { pageOf, readPageRequest } from '@ott/http/page'
import { Problem } from '@ott/http/problem'
import { queryText, shortText } from '@ott/http/query-text'
import type { Database } from '@ott/postgres/database'
import type { Express } from 'express'
import { readDecision } from './event-store.ts'
import { listViolations, readViolations, type ViolationItem } from './violation-store.ts'

/** `GET /v1/events/{id}`, `GET /v1/violations`, `GET /v1/violations/{id}`: the caller's own tenant's. */
export function addViolationRoutes(app: Express, { directory, database }: { directory: TenantDirectory; database: Database }): void {
  const authenticated = authenticate(directory)
  app.get('/v1/events/:id', authenticated, async (request, response) => {
    const decision = await readDecision(database, tenantOf(response).tenantId, pathId(request.params))
    if (decision === undefined) throw new Problem(404, 'not-found', 'no event of this id has reached an outcome')
    response.json(decision)
  })
  app.get('/v1/violations', authenticated, async (request, response) => {
    const page = readPageRequest(request)
    const filter = { status: queryText(request, 'status'), rule: queryText(request, 'rule'), subject: queryText(request, 'subject') }
    const items = await listViolations(database, tenantOf(response).tenantId, filter, page)
    response.json(pageOf(items, page, shown, ({ openedAt, id }) => ({ at: openedAt, id })))
  })
  app.get('/v1/violations/:id', authenticated, async (request, response) => {
    const id = pathId(request.params)
    const violation = (await readViolations(database, tenantOf(response).tenantId, [id])).get(id)
    if (violation === undefined) throw new Problem(404, 'not-found', 'there is no violation of this id')
    response.json(shown(violation))
  })
}

/** The event that opened it is its first evidence, and shown there. */
function shown({ openedBy: _openedBy, ...item }: ViolationItem): Omit<ViolationItem, 'openedBy'> {
  return item
}

function pathId(params: Record<string, unknown>): string {
  return shortText(String(params['id']))
}
