import type { TenantDirectory } from '@ott/auth/tenant-directory'
import type { ModelName } from '@ott/contracts/model-configured'
import { callerOf } from '@ott/graphql/caller'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { readPageRequest } from '@ott/http/page'
import { Problem } from '@ott/http/problem'
import { jsonBody, readBody } from '@ott/http/read-body'
import type { Database } from '@ott/postgres/database'
import type { Express, Request } from 'express'
import { z } from 'zod'
import { readReports, shownReport } from './drift-report-store.ts'
import { limitsOf, readDriftSettings, setDriftSettings, type DriftSettings } from './drift-settings-store.ts'
import { watchedModels } from './watch-drift.ts'

/** Below these limits chance and the hour of the day would be drift; above them nothing would. */
const settingsRequest = z.strictObject({
  trainOnDrift: z.boolean().default(false),
  psiLimit: z.number().min(0.1).max(2).nullable().default(null),
  ksLimit: z.number().min(0.05).max(0.5).nullable().default(null),
})

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
    const { limit } = readPageRequest(request)
    const settings = await readDriftSettings(database, tenantId, model)
    response.json({ model, settings: shownSettings(settings), items: (await readReports(database, tenantId, model, limit)).map(shownReport) })
  })
  app.put('/v1/models/:name/drift-settings', authenticated, jsonBody(4_096), async (request, response) => {
    const { tenantId, keyId } = callerOf(request, response, directory)
    const model = watchedModelOf(request)
    const settings = readBody(request, settingsRequest)
    await setDriftSettings(database, tenantId, model, settings, keyId)
    response.json({ model, ...shownSettings(settings) })
  })
}

function watchedModelOf(request: Request): ModelName {
  const model = watchedModels.find((each) => each === request.params['name'])
  if (model === undefined) throw new Problem(404, 'not-found', `drift is watched of ${watchedModels.join(', ')}`)
  return model
}

/** With the limits that hold. */
function shownSettings(settings: DriftSettings) {
  return { trainOnDrift: settings.trainOnDrift, ...limitsOf(settings) }
}
