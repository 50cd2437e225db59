import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { Problem } from '@ott/http/problem'
import { shortText } from '@ott/http/query-text'
import type { Database } from '@ott/postgres/database'
import type { Express } from 'express'
import { readSubjectRisks } from './risk-store.ts'
import type { LearnedModelsInForce } from './scoring/learned-models.ts'

export interface SubjectRoutesOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'isCaughtUp'>
  readonly database: Database
  readonly learned: Pick<LearnedModelsInForce, 'riskOf'>
  /** How many partitions the events that are scored are in. */
  partitions(): Promise<number>
}

/** `GET /v1/subjects/{id}/risk`: a viewer of the caller's tenant; the id is percent-encoded in the path. */
export function addSubjectRoutes(app: Express, { directory, database, learned, partitions }: SubjectRoutesOptions): void {
  app.get('/v1/subjects/:id/risk', authenticate(directory), async (request, response) => {
    const subject = shortText(String(request.params['id'])).toWellFormed()
    const known = (await readSubjectRisks(database, learned, tenantOf(response).tenantId, [subject], await partitions())).get(subject)
    if (known === undefined) throw new Problem(404, 'not-found', 'no event of this viewer has been scored, or only in the last seconds')
    const { risk, windows, seen, latestEventAt, asOf } = known
    const { score, factors, context, modelVersion, models } = risk
    response.json({ subject, score, factors, context, modelVersions: models?.map(({ model, version }) => (model === 'robust-z' ? version : `${model}.${version}`)) ?? [modelVersion], windows, seen, latestEventAt, asOf })
  })
}
