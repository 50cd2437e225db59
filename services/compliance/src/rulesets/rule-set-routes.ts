import { callerOf } from '@ott/graphql/caller'
import { authenticate } from '@ott/http/authenticate'
import { pageOf, readPageRequest } from '@ott/http/page'
import { Problem } from '@ott/http/problem'
import { queryText } from '@ott/http/query-text'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import type { FieldProblem } from '@ott/contracts/result'
import type { Database } from '@ott/postgres/database'
import express, { type Express, type Request, type Response } from 'express'
import { z } from 'zod'
import { jsonBody, readBody } from '@ott/http/read-body'
import { readDefinition } from './read-definition.ts'
import type { RuleSetActions } from './rule-set-actions.ts'
import { ruleSetActions as actionNames } from './rule-set-transitions.ts'
import { cursorOf, listRuleSets, noSuchRuleSet, readRuleSet, readTransitions, type Actor, type TenantRuleSet } from './tenant-rule-set-store.ts'

/** The whole of own rules as JSON, where each character may be written as an escape. */
const definitionBytesMax = 512 * 1_024

const approval = z.union([z.strictObject({}), z.strictObject({ withoutEvidence: z.literal(true), reason: z.string().trim().min(10).max(1_000) })], {
  error: 'must be empty, or withoutEvidence: true with a reason of at least 10 characters',
})
const nothing = z.strictObject({})

export interface RuleSetRoutesOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'keyIdOf' | 'isCaughtUp'>
  readonly database: Database
  readonly actions: RuleSetActions
  nowMs(): number
}

/** `/v1/rulesets`: a tenant's rule sets and what is done with them. */
export function addRuleSetRoutes(app: Express, { directory, database, actions, nowMs }: RuleSetRoutesOptions): void {
  const authenticated = authenticate(directory)
  const body = [express.text({ limit: definitionBytesMax, type: ['application/yaml', 'application/x-yaml', 'text/yaml'] }), jsonBody(definitionBytesMax)]
  const actorOf = (request: Request, response: Response): Actor => {
    const { tenantId, keyId } = callerOf(request, response, directory)
    return { tenantId, keyId, nowMs: nowMs() }
  }
  const answer = async (response: Response, tenantId: string, ruleSet: TenantRuleSet, problems?: readonly FieldProblem[]) => {
    const transitions = await readTransitions(database, tenantId, ruleSet.id)
    response.set('etag', `"${ruleSet.revision}"`).json({ ...shownRuleSet(ruleSet), transitions, ...(problems === undefined ? {} : { problems }) })
  }

  app.get('/v1/rulesets', authenticated, async (request, response) => {
    const page = readPageRequest(request)
    const { tenantId } = callerOf(request, response, directory)
    response.json(pageOf(await listRuleSets(database, tenantId, queryText(request, 'status'), page), page, shownRuleSet, cursorOf))
  })
  app.post('/v1/rulesets', authenticated, ...body, async (request, response) => {
    const actor = actorOf(request, response)
    const { ruleSet, problems } = await actions.create(actor, readDefinition(request))
    response.status(201).location(`/v1/rulesets/${ruleSet.id}`)
    await answer(response, actor.tenantId, ruleSet, problems)
  })
  app.get('/v1/rulesets/:id', authenticated, async (request, response) => {
    const { tenantId } = callerOf(request, response, directory)
    const found = await readRuleSet(database, tenantId, idOf(request))
    if (found === undefined) throw noSuchRuleSet()
    await answer(response, tenantId, found)
  })
  app.put('/v1/rulesets/:id', authenticated, ...body, async (request, response) => {
    const actor = actorOf(request, response)
    const revision = revisionOf(request)
    const { ruleSet, problems } = await actions.change(actor, idOf(request), revision, readDefinition(request))
    await answer(response, actor.tenantId, ruleSet, problems)
  })
  app.post('/v1/rulesets/:id\\:check', authenticated, async (request, response) => {
    response.json(await actions.check(callerOf(request, response, directory).tenantId, idOf(request)))
  })
  for (const action of actionNames) {
    app.post(`/v1/rulesets/:id\\:${action}`, authenticated, jsonBody(8_192), async (request, response) => {
      const actor = actorOf(request, response)
      const given = action === 'approve' ? readBody(request, approval) : readBody(request, nothing)
      await answer(response, actor.tenantId, await actions.take(actor, action, idOf(request), 'reason' in given ? given.reason : undefined))
    })
  }
}

function idOf(request: Request): string {
  return String(request.params['id']).slice(0, 64)
}

/** Which state of a draft the caller has seen: nobody's change is overwritten unseen. */
function revisionOf(request: Request): number {
  const match = request.get('if-match')
  if (match === undefined) throw new Problem(428, 'precondition-required', 'send the ETag of the draft as If-Match')
  const revision = /^"(\d{1,9})"$/.exec(match)?.[1]
  if (revision === undefined) throw new Problem(412, 'precondition-failed', 'If-Match is not an ETag of this address')
  return Number(revision)
}

/** A rule set as it is shown, without the audit trail. */
export function shownRuleSet(ruleSet: TenantRuleSet) {
  const { id, number, name, status, revision, version, definition, authors, approvedBy, withoutEvidence, publishedBy } = ruleSet
  const time = (at: Date | null) => at?.toISOString() ?? null
  return {
    ...{ id, number, name, status, revision, version, definition, authors },
    ...{ createdAt: time(ruleSet.createdAt), changedAt: time(ruleSet.changedAt), shadowedAt: time(ruleSet.shadowedAt) },
    ...{ approvedBy, approvedAt: time(ruleSet.approvedAt), withoutEvidence },
    ...{ publishedBy, publishedAt: time(ruleSet.publishedAt), retiredAt: time(ruleSet.retiredAt) },
  }
}
