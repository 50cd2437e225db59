import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { problemsOf } from '@ott/contracts/define-event'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { pageOf, readPageRequest } from '@ott/http/page'
import { invalidRequest } from '@ott/http/problem'
import { queryText } from '@ott/http/query-text'
import type { Bus } from '@ott/pipeline/bus'
import type { Database } from '@ott/postgres/database'
import express, { type Express, type Request } from 'express'
import { z } from 'zod'
import { listAttackFindings } from './attack-finding-store.ts'
import { listDeadLetters, redriveDeadLetters, type DeadLetterFilter } from './dead-letter-store.ts'
import { readLedger } from './ledger.ts'
import type { RefusalCounter } from './refusal-counter.ts'

const redriveMax = 1_000

/** PostgreSQL text can't hold NUL. */
const name = z.string().max(64).refine((text) => !text.includes('\u0000'), 'contains a NUL character')

const redriveRequest = z
  .strictObject({
    ids: z.array(name).min(1).max(redriveMax).optional(),
    stage: name.optional(),
    reason: name.optional(),
  })
  .refine((request) => Object.keys(request).length > 0, 'name ids, a stage or a reason')

export interface OperationsRoutesOptions {
  readonly directory: TenantDirectory
  readonly bus: Bus
  readonly database: Database
  readonly refusals: RefusalCounter
}

/** `GET /v1/ledger`, `GET /v1/attack-findings`, `GET /v1/dead-letters`, `POST /v1/dead-letters:redrive`. */
export function addOperationsRoutes(app: Express, { directory, bus, database, refusals }: OperationsRoutesOptions): void {
  const authenticated = authenticate(directory)
  app.get('/v1/ledger', authenticated, async (_request, response) => {
    await refusals.flush()
    response.json(await readLedger(tenantOf(response).tenantId, bus, database))
  })
  app.get('/v1/dead-letters', authenticated, async (request, response) => {
    const page = readPageRequest(request)
    const items = await listDeadLetters(database, tenantOf(response).tenantId, readFilter(request), page)
    response.json(pageOf(items, page, (item) => item, ({ at, id }) => ({ at, id })))
  })
  app.get('/v1/attack-findings', authenticated, async (request, response) => {
    const page = readPageRequest(request)
    const filter = { class: queryText(request, 'class'), action: queryText(request, 'action'), eventId: queryText(request, 'eventId') }
    const items = await listAttackFindings(database, tenantOf(response).tenantId, filter, page)
    response.json(pageOf(items, page, (item) => item, ({ at, eventKey }) => ({ at, id: eventKey })))
  })
  app.post('/v1/dead-letters\\:redrive', authenticated, express.json({ limit: 65_536, type: () => true }), async (request, response) => {
    const parsed = redriveRequest.safeParse(request.body)
    if (!parsed.success) throw invalidRequest(problemsOf(parsed.error))
    const redriven = await redriveDeadLetters(database, tenantOf(response).tenantId, parsed.data, redriveMax, (records) => bus.publish(records))
    response.json({ redriven })
  })
}

function readFilter(request: Request): DeadLetterFilter {
  return {
    stage: queryText(request, 'stage'),
    reason: queryText(request, 'reason'),
    status: queryText(request, 'status'),
    eventId: queryText(request, 'eventId'),
  }
}
