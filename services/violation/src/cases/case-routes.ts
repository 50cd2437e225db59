import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { severities, severity } from '@ott/contracts/severity'
import { violationStatuses } from '@ott/contracts/violation-changed'
import { callerOf } from '@ott/graphql/caller'
import { authenticate } from '@ott/http/authenticate'
import { pageOf, readPageRequest, type PageRequest } from '@ott/http/page'
import { invalidRequest, Problem } from '@ott/http/problem'
import { queryText, shortText } from '@ott/http/query-text'
import { jsonBody, readBody } from '@ott/http/read-body'
import { expectedVersion } from '@ott/http/version-tag'
import type { Database } from '@ott/postgres/database'
import type { Express, Request, Response } from 'express'
import { z } from 'zod'
import { listViolations, readViolations } from '../violation-store.ts'
import type { ViolationItem } from './case-item.ts'
import { caseSettingsOf, caseSettingsRequest } from './case-settings.ts'
import { addComment, listComments, listEvidence, listHistory } from './case-store.ts'
import { caseActions } from './case-transitions.ts'
import { moveCase, patchCase, type Act, type ActOutcome } from './change-case.ts'
import { readCaseSettings, writeCaseSettings, type StoredSettings } from './settings-store.ts'

const reason = z.string().trim().min(1).max(2_000)
const moving = z.strictObject({ reason: reason.optional() })
const reopening = z.strictObject({ reason })
export const patching = z
  .strictObject({ severity: severity.optional(), assignee: z.string().trim().min(1).max(200).nullable().optional(), reason: reason.optional() })
  .refine(({ severity: grave, assignee }) => grave !== undefined || assignee !== undefined, 'must name severity or assignee')
const commenting = z.strictObject({ text: z.string().trim().min(1).max(10_000) })

export interface CaseRoutesOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'keyIdOf' | 'isCaughtUp'>
  readonly database: Database
  nowMs(): number
}

/** `/v1/violations`: a tenant's cases, and what people do with them. The ETag of a case is its version. */
export function addCaseRoutes(app: Express, { directory, database, nowMs }: CaseRoutesOptions): void {
  const authenticated = authenticate(directory)
  const body = jsonBody(16_384)
  const tenantOf = (request: Request, response: Response) => callerOf(request, response, directory).tenantId
  const actOf = (request: Request, response: Response, given?: string | undefined): Act => {
    const { tenantId, keyId } = callerOf(request, response, directory)
    return { tenantId, id: idOf(request), by: keyId, nowMs: nowMs(), ifVersion: expectedVersion(request), reason: given }
  }
  /** The page of something that belongs to a violation which the tenant has. */
  const pageBelow = async <Row>(request: Request, response: Response, list: (tenantId: string, id: string, page: PageRequest) => Promise<Row[]>, placeOf: (row: Row) => { at: string; id: string }, show: (row: Row) => unknown) => {
    const page = readPageRequest(request)
    const tenantId = tenantOf(request, response)
    const rows = await list(tenantId, idOf(request), page)
    if (rows.length === 0 && !(await readViolations(database, tenantId, [idOf(request)])).has(idOf(request))) throw noSuchViolation()
    response.json(pageOf(rows, page, show, placeOf))
  }

  app.get('/v1/violations/settings', authenticated, async (request, response) => answerSettings(response, await readCaseSettings(database, tenantOf(request, response))))
  app.put('/v1/violations/settings', authenticated, jsonBody(131_072), async (request, response) => {
    const { tenantId, by, nowMs: at, ifVersion } = actOf(request, response)
    const written = await writeCaseSettings(database, { tenantId, by, nowMs: at, ifRevision: ifVersion }, readBody(request, caseSettingsRequest))
    if (written === undefined) throw new Problem(412, 'precondition-failed', 'the settings were changed meanwhile')
    answerSettings(response, written)
  })

  app.get('/v1/violations', authenticated, async (request, response) => {
    const page = readPageRequest(request)
    const filter = {
      ...{ status: choiceOf(request, 'status', violationStatuses), severity: choiceOf(request, 'severity', severities) },
      ...{ rule: queryText(request, 'rule'), subject: queryText(request, 'subject'), assignee: queryText(request, 'assignee') },
      ...{ isOverdue: yesOrNo(request, 'overdue'), isOngoing: yesOrNo(request, 'ongoing') },
    }
    const items = await listViolations(database, tenantOf(request, response), filter, page)
    response.json(pageOf(items, page, shown, ({ openedAt, id }) => ({ at: openedAt, id })))
  })
  app.get('/v1/violations/:id', authenticated, async (request, response) => {
    const violation = (await readViolations(database, tenantOf(request, response), [idOf(request)])).get(idOf(request))
    if (violation === undefined) throw noSuchViolation()
    answer(response, violation)
  })
  app.get('/v1/violations/:id/evidence', authenticated, (request, response) =>
    pageBelow(request, response, (...of) => listEvidence(database, ...of), ({ at, key }) => ({ at, id: key }), ({ key: _key, ...item }) => item))
  app.get('/v1/violations/:id/history', authenticated, (request, response) =>
    pageBelow(request, response, (...of) => listHistory(database, ...of), ({ at, version }) => ({ at, id: String(version) }), (item) => item))
  app.get('/v1/violations/:id/comments', authenticated, (request, response) => pageBelow(request, response, (...of) => listComments(database, ...of), (item) => item, (item) => item))

  app.patch('/v1/violations/:id', authenticated, body, async (request, response) => {
    const { reason: given, ...patch } = readBody(request, patching)
    answerAct(response, await patchCase(database, actOf(request, response, given), patch))
  })
  app.post('/v1/violations/:id/comments', authenticated, jsonBody(65_536), async (request, response) => {
    const comment = await addComment(database, actOf(request, response), readBody(request, commenting).text)
    if (comment === undefined) throw noSuchViolation()
    response.status(201).json(comment)
  })
  for (const action of caseActions) {
    app.post(`/v1/violations/:id\\:${action}`, authenticated, body, async (request, response) => {
      const { reason: given } = readBody(request, action === 'reopen' ? reopening : moving)
      answerAct(response, await moveCase(database, actOf(request, response, given), action))
    })
  }
}

function answerAct(response: Response, outcome: ActOutcome): void {
  if (outcome.kind === 'unknown') throw noSuchViolation()
  if (outcome.kind === 'stale') throw new Problem(412, 'precondition-failed', `the violation is at version ${outcome.version} by now`)
  if (outcome.kind === 'refused') throw new Problem(409, 'conflict', outcome.detail, { extra: { violationStatus: outcome.status } })
  answer(response, outcome.violation)
}

function answer(response: Response, violation: ViolationItem): void {
  response.set('etag', `"${violation.version}"`).json(shown(violation))
}

function answerSettings(response: Response, { revision, settings }: StoredSettings): void {
  response.set('etag', `"${revision}"`).json(caseSettingsOf(settings))
}

/** The event that opened it is its first evidence, and shown there. */
function shown({ openedBy: _openedBy, ...item }: ViolationItem): Omit<ViolationItem, 'openedBy'> {
  return item
}

function noSuchViolation(): Problem {
  return new Problem(404, 'not-found', 'there is no violation of this id')
}

function idOf(request: Request): string {
  return shortText(String(request.params['id']))
}

function choiceOf(request: Request, field: string, allowed: readonly string[]): string | undefined {
  const given = queryText(request, field)
  if (given !== undefined && !allowed.includes(given)) throw invalidRequest([{ field, problem: `must be one of ${allowed.join(', ')}` }])
  return given
}

function yesOrNo(request: Request, field: string): boolean | undefined {
  const given = choiceOf(request, field, ['true', 'false'])
  return given === undefined ? undefined : given === 'true'
}
