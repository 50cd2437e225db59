import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { Problem } from '@ott/http/problem'
import { shortText } from '@ott/http/query-text'
import type { Database } from '@ott/postgres/database'
import type { Express } from 'express'
import type { KnownRuleSets } from '../known-rule-sets.ts'
import { readShadow } from './shadow-store.ts'

export interface ShadowRoutesOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'isCaughtUp'>
  readonly database: Database
  readonly ruleSets: Pick<KnownRuleSets, 'candidate'>
}

/** `GET /v1/rulesets/{id}/shadow`. */
export function addShadowRoutes(app: Express, { directory, database, ruleSets }: ShadowRoutesOptions): void {
  app.get('/v1/rulesets/:id/shadow', authenticate(directory), async (request, response) => {
    const { tenantId } = tenantOf(response)
    const ruleSetId = shortText(String(request.params['id']))
    const versions = await readShadow(database, tenantId, ruleSetId)
    if (versions.length === 0 && (await ruleSets.candidate(tenantId, ruleSetId)) === undefined) throw new Problem(404, 'not-found', 'there is no rule set of this id')
    response.json({ ruleSetId, versions })
  })
}
