import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { privacyBudget } from '@ott/anomaly/federated/privacy-budget'
import { callerOf } from '@ott/graphql/caller'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { Problem } from '@ott/http/problem'
import { jsonBody, readBody } from '@ott/http/read-body'
import type { Database } from '@ott/postgres/database'
import type { Express, Request } from 'express'
import { z } from 'zod'
import { sharedRounds } from './begin-due-run.ts'
import { readSharedRuns, type SharedRun } from './federation-run-store.ts'
import { membersMin, shownBudget, type FederationTerms } from './federation-terms.ts'
import { joinFederation, leaveFederation, listMembers } from './membership-store.ts'

const joining = z.strictObject({
  /** What all rounds the tenant ever takes part in may come to. */
  epsilonMax: z.number().gt(0).max(500).nullable().default(null),
})
const shownMax = 30

export interface FederationRoutesOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'keyIdOf' | 'isCaughtUp'>
  readonly database: Database
  /** Models that can be averaged. */
  readonly models: readonly string[]
  /** Of the next run. */
  readonly terms: FederationTerms
  /** Undefined while none is due. */
  nextRunAt(model: string): Promise<Date | undefined>
}

/** `/v1/models/{name}/federation`: whether a tenant's model is averaged with others', on which terms, and what that has told of it so far. */
export function addFederationRoutes(app: Express, { directory, database, models, terms, nextRunAt }: FederationRoutesOptions): void {
  const authenticated = authenticate(directory)
  const shown = async (tenantId: string, model: string) => {
    const [membership] = await listMembers(database, [tenantId], model)
    const nextAt = await nextRunAt(model)
    return {
      model,
      joined: membership !== undefined,
      joinedAt: membership?.joinedAt.toISOString() ?? null,
      epsilonMax: membership?.epsilonMax ?? null,
      nextAt: nextAt?.toISOString() ?? null,
      terms: { ...terms, membersMin },
      privacy: shownBudget(privacyBudget(await sharedRounds(database, tenantId, model), terms.delta)),
      runs: (await readSharedRuns(database, tenantId, model, shownMax)).map(shownRun),
    }
  }
  app.get('/v1/models/:name/federation', authenticated, async (request, response) => {
    response.json(await shown(tenantOf(response).tenantId, modelOf(request, models)))
  })
  app.put('/v1/models/:name/federation', authenticated, jsonBody(4_096), async (request, response) => {
    const { tenantId, keyId } = callerOf(request, response, directory)
    const model = modelOf(request, models)
    await joinFederation(database, { tenantId, model, joinedBy: keyId, ...readBody(request, joining) })
    response.json(await shown(tenantId, model))
  })
  app.delete('/v1/models/:name/federation', authenticated, async (request, response) => {
    if (!(await leaveFederation(database, tenantOf(response).tenantId, modelOf(request, models)))) throw new Problem(404, 'not-found', "the tenant's model is averaged with nobody's")
    response.status(204).end()
  })
}

function modelOf(request: Request, models: readonly string[]): string {
  const model = String(request.params['name'])
  if (!models.includes(model)) throw new Problem(404, 'not-found', `models that can be averaged are ${models.join(', ')}`)
  return model
}

function shownRun({ startedAt, finishedAt, model: _same, round, ...rest }: SharedRun) {
  return { ...rest, roundsDone: round, startedAt: startedAt.toISOString(), finishedAt: finishedAt?.toISOString() ?? null }
}
