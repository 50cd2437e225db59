import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { callerOf } from '@ott/graphql/caller'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { Problem } from '@ott/http/problem'
import { jsonBody, readBody } from '@ott/http/read-body'
import type { Database } from '@ott/postgres/database'
import type { Express, Request } from 'express'
import { z } from 'zod'
import { readReports, readTrainsOnDrift, setTrainsOnDrift } from './drift-store.ts'
import { watchedModels } from './watch-drift.ts'

const settings = z.strictObject({ trainOnDrift: z.boolean() })
const shownMax = 30

export interface DriftRoutesOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'keyIdOf' | 'isCaughtUp'>
  readonly database: Database
}

/** `GET /v1/models/{name}/drift`, `PUT /v1/models/{name}/drift-settings`: how far what a champion meets is from what it was trained on, and what follows from it. */
export function addDriftRoutes(app: Express, { directory, database }: DriftRoutesOptions): void {
  const authenticated = authenticate(directory)
  app.get('/v1/models/:name/drift', authenticated, async (request, response) => {
    const { tenantId } = tenantOf(response)
    const model = watchedModelOf(request)
    const [reports, trainOnDrift] = [await readReports(database, tenantId, model, shownMax), await readTrainsOnDrift(database, tenantId, model)]
    response.json({ model, trainOnDrift, items: reports })
  })
  app.put('/v1/models/:name/drift-settings', authenticated, jsonBody(4_096), async (request, response) => {
    const { tenantId, keyId } = callerOf(request, response, directory)
    const model = watchedModelOf(request)
    const { trainOnDrift } = readBody(request, settings)
    await setTrainsOnDrift(database, tenantId, model, trainOnDrift, keyId)
    response.json({ model, trainOnDrift })
  })
}

function watchedModelOf(request: Request): string {
  const model = String(request.params['name'])
  if (!(watchedModels as readonly string[]).includes(model)) throw new Problem(404, 'not-found', `drift is watched of ${watchedModels.join(', ')}`)
  return model
}
