import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { pageOf, readPageRequest } from '@ott/http/page'
import { Problem } from '@ott/http/problem'
import { queryText, shortText } from '@ott/http/query-text'
import type { Database } from '@ott/postgres/database'
import type { Express, Request } from 'express'
import type { CheckpointKeys } from './checkpoint.ts'
import { listCheckpoints, listEntries, readProof } from './decision-log-store.ts'
import { startAt, verifyLog, type Position, type Verified } from './verify-log.ts'

/** How long one answer of `:verify` goes on looking. */
const verifyBudgetMs = 3_000

/** `/v1/decision-log`, `…:verify`, `…/checkpoints`, `…/keys` and `/v1/events/{id}/proof`: the caller's own tenant's. */
export function addDecisionLogRoutes(app: Express, { directory, database, keys }: { directory: Pick<TenantDirectory, 'findByKey' | 'isCaughtUp'>; database: Database; keys: CheckpointKeys }): void {
  const authenticated = authenticate(directory)
  const beingVerified = new Set<string>()

  app.get('/v1/decision-log\\:verify', authenticated, async (request, response) => {
    const { tenantId } = tenantOf(response)
    const start = startOf(request)
    if (beingVerified.has(tenantId)) throw new Problem(429, 'busy', "the tenant's log is being verified already", { retryAfterSeconds: 3 })
    beingVerified.add(tenantId)
    try {
      response.json(shown(await verifyLog({ database, keys, nowMs: Date.now, budgetMs: verifyBudgetMs }, tenantId, start), keys))
    } finally {
      beingVerified.delete(tenantId)
    }
  })
  app.get('/v1/decision-log', authenticated, async (request, response) => {
    const page = readPageRequest(request)
    const items = await listEntries(database, tenantOf(response).tenantId, upToOf(request, page.after?.id), page.limit + 1)
    response.json(pageOf(items, page, (item) => item, cursorOf))
  })
  app.get('/v1/decision-log/checkpoints', authenticated, async (request, response) => {
    const page = readPageRequest(request)
    const items = await listCheckpoints(database, tenantOf(response).tenantId, upToOf(request, page.after?.id), page.limit + 1)
    response.json(pageOf(items, page, (item) => item, cursorOf))
  })
  app.get('/v1/decision-log/keys', authenticated, (_request, response) => {
    response.json({ keys: keys.published })
  })
  app.get('/v1/events/:id/proof', authenticated, async (request, response) => {
    const proof = await readProof(database, tenantOf(response).tenantId, shortText(String(request.params['id'])))
    if (proof === undefined) throw new Problem(404, 'not-found', 'no event of this id has been processed')
    if (proof === 'waits') throw new Problem(409, 'conflict', 'its entry has no place in the decision log yet; ask again in a few seconds')
    response.json({ ...proof, keys: keys.published })
  })
}

function shown({ firstBroken, next, checkpoints, ...verified }: Verified, keys: CheckpointKeys): object {
  return {
    ...verified,
    isComplete: next === undefined && firstBroken === undefined,
    checkpoints: { ...checkpoints, isSigning: keys.sign !== undefined },
    ...(firstBroken === undefined ? {} : { firstBroken }),
    next: next === undefined ? null : encodePosition(next),
    keys: keys.published,
  }
}

function startOf(request: Request): Position {
  const cursor = queryText(request, 'cursor')
  if (cursor !== undefined) return decodePosition(cursor)
  const from = sequenceOf(request, 'from')
  const to = sequenceOf(request, 'to')
  if (from !== undefined && to !== undefined && from > to) throw invalid('to', 'must not be below from')
  return startAt(from, to)
}

function encodePosition(position: Position): string {
  return Buffer.from(JSON.stringify(position.phase === 'chain' ? [position.from, position.to ?? null] : [position.after])).toString('base64url')
}

function decodePosition(cursor: string): Position {
  try {
    const [place, to] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    if (typeof place === 'string' && /^[0-9a-f]{32}$/.test(place)) return { phase: 'events', after: place }
    if (isSequence(place) && (to === null || isSequence(to))) return startAt(place, to ?? undefined)
  } catch {
    /* answered below */
  }
  throw invalid('cursor', 'is not one that this address gave out')
}

/** The page after an entry begins below it. */
function upToOf(request: Request, afterId: string | undefined): number {
  const to = sequenceOf(request, 'to') ?? Number.MAX_SAFE_INTEGER
  if (afterId === undefined) return to
  const after = Number(afterId)
  if (!isSequence(after)) throw invalid('cursor', 'is not one that this list gave out')
  return Math.min(to, after - 1)
}

function sequenceOf(request: Request, name: string): number | undefined {
  const text = queryText(request, name)
  if (text === undefined) return undefined
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!isSequence(number)) throw invalid(name, 'must be a whole number from 1 on')
  return number
}

function isSequence(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1
}

function cursorOf({ at, sequence }: { at: string; sequence: number }): { at: string; id: string } {
  return { at, id: String(sequence) }
}

function invalid(field: string, problem: string): Problem {
  return new Problem(400, 'invalid-request', `${field}: ${problem}`, { errors: [{ field, problem }] })
}
