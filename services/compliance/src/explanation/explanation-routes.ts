import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { Problem } from '@ott/http/problem'
import { shortText } from '@ott/http/query-text'
import type { Database } from '@ott/postgres/database'
import type { Express } from 'express'
import type { KnownRuleSets } from '../known-rule-sets.ts'
import { jsonBody, readBody } from '@ott/http/read-body'
import { explainEvent } from './explain-event.ts'
import { ruleTrialRequest, tryRequestedRule } from './rule-trial.ts'

export interface ExplanationRoutesOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'isCaughtUp'>
  readonly database: Database
  readonly ruleSets: Pick<KnownRuleSets, 'byVersion'>
  nowMs(): number
}

/** `GET /v1/events/{id}/decision`, `POST /v1/rules:test`. */
export function addExplanationRoutes(app: Express, { directory, database, ruleSets, nowMs }: ExplanationRoutesOptions): void {
  const authenticated = authenticate(directory)
  app.get('/v1/events/:id/decision', authenticated, async (request, response) => {
    const explained = await explainEvent(database, ruleSets, tenantOf(response).tenantId, shortText(String(request.params['id'])))
    if (explained === undefined) throw new Problem(404, 'not-found', 'no event of this id has been processed')
    response.json(explained)
  })
  app.post('/v1/rules\\:test', authenticated, jsonBody(65_536), (request, response) => {
    response.json(tryRequestedRule(readBody(request, ruleTrialRequest), nowMs()))
  })
}
