import type { TenantDirectory } from '@ott/auth/tenant-directory'
import type { ModelName } from '@ott/contracts/model-configured'
import { callerOf } from '@ott/graphql/caller'
import { authenticate } from '@ott/http/authenticate'
import { pageOf, readPageRequest } from '@ott/http/page'
import { Problem } from '@ott/http/problem'
import { queryText } from '@ott/http/query-text'
import { jsonBody, readBody } from '@ott/http/read-body'
import type { Database } from '@ott/postgres/database'
import type { Express, Request, Response } from 'express'
import { z } from 'zod'
import { readComparisons } from './comparison-store.ts'
import { readReferenceStandings } from '../scoring/reference-store.ts'
import type { ModelDirectory } from './model-directory.ts'
import { isModelName, noSuchModel, noSuchVersion, type ActionRequest, type ModelRegistry } from './model-registry.ts'
import { cursorOf, isVersionNumber, listModels, listVersions, readModel, readTransitions, readVersions, type Actor, type Model } from './model-store.ts'
import { modelVersionActions, type ModelVersion } from './model-version.ts'
import { toleranceMax } from './promotion-gate.ts'
import { shownComparison, shownModel, shownReference, shownTransition, shownVersion } from './shown-model.ts'
import type { StartTraining } from './start-training.ts'

const reason = z.string().trim().min(10).max(1_000)
const withReason = z.strictObject({ reason: reason.optional() })
const promotion = z
  .strictObject({ reason: reason.optional(), force: z.boolean().optional(), tolerance: z.number().min(0).max(toleranceMax).optional() })
  .refine(({ force, reason: given }) => force !== true || given !== undefined, { path: ['reason'], error: 'must say why the gate is passed by' })
const trainingRequest = z.record(z.string(), z.unknown())

export interface ModelRoutesOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'keyIdOf' | 'isCaughtUp'>
  readonly database: Database
  readonly registry: ModelRegistry
  /** What this process serves. */
  readonly models: Pick<ModelDirectory<unknown>, 'modelsOf' | 'refusedOf'>
  readonly startTraining: StartTraining
  nowMs(): number
}

/** `/v1/models`: a tenant's models, their versions, and which of them serve. */
export function addModelRoutes(app: Express, { directory, database, registry, models, startTraining, nowMs }: ModelRoutesOptions): void {
  const authenticated = authenticate(directory)
  const body = jsonBody(8_192)
  const tenantOf = (request: Request, response: Response) => callerOf(request, response, directory).tenantId
  const actorOf = (request: Request, response: Response): Actor => {
    const { tenantId, keyId } = callerOf(request, response, directory)
    return { tenantId, keyId, nowMs: nowMs() }
  }
  const modelOf = async (tenantId: string, request: Request): Promise<Model & { readonly name: ModelName }> => {
    const name = nameOf(request)
    const model = await readModel(database, tenantId, name)
    if (model === undefined) throw noSuchModel()
    return { ...model, name }
  }
  const versionOf = async (tenantId: string, request: Request): Promise<ModelVersion> => {
    const [version] = await readVersions(database, tenantId, nameOf(request), [numberOf(request)])
    if (version === undefined) throw noSuchVersion()
    return version
  }
  const answerVersion = async (response: Response, tenantId: string, version: ModelVersion) => {
    const model = await readModel(database, tenantId, version.model)
    const transitions = await readTransitions(database, tenantId, version.model, version.version)
    response.set('etag', `"${model?.sequence ?? 0}"`).json({ ...shownVersion(version), transitions: transitions.map(shownTransition) })
  }

  app.get('/v1/models', authenticated, async (request, response) => {
    response.json({ items: (await listModels(database, tenantOf(request, response))).map(shownModel) })
  })
  app.get('/v1/models/:name', authenticated, async (request, response) => {
    const tenantId = tenantOf(request, response)
    const model = await modelOf(tenantId, request)
    const { champion, challengers } = models.modelsOf(tenantId, model.name)
    const inForce = { champion: champion?.version ?? null, challengers: challengers.map(({ version }) => version), refused: models.refusedOf(tenantId, model.name) }
    const transitions = await readTransitions(database, tenantId, model.name)
    const standings = model.name === 'risk-ensemble' ? await readReferenceStandings(database, tenantId) : []
    const references = standings.filter(({ version }) => version === model.champion)
    response.set('etag', `"${model.sequence}"`).json({ ...shownModel(model), inForce, references: references.map(shownReference), transitions: transitions.map(shownTransition) })
  })
  app.get('/v1/models/:name/metrics', authenticated, async (request, response) => {
    const tenantId = tenantOf(request, response)
    const model = await modelOf(tenantId, request)
    const served = await readVersions(database, tenantId, model.name, [...(model.champion === null ? [] : [model.champion]), ...model.challengers])
    const items = served.map(async ({ version, status, training }) => {
      const compared = status === 'challenger' ? (await readComparisons(database, tenantId, model.name, version)).find(({ champion }) => champion === model.champion) : undefined
      const live = compared && { events: compared.events, agreement: compared.agreement, meanAbsoluteDifference: compared.meanAbsoluteDifference, rankCorrelation: compared.rankCorrelation }
      return { version, status, metrics: training.metrics, validation: training.validation ?? null, live: live ?? null }
    })
    response.json({ model: model.name, champion: model.champion, items: await Promise.all(items) })
  })
  app.get('/v1/models/:name/versions', authenticated, async (request, response) => {
    const page = readPageRequest(request)
    const tenantId = tenantOf(request, response)
    const { name } = await modelOf(tenantId, request)
    response.json(pageOf(await listVersions(database, tenantId, name, queryText(request, 'status'), page), page, shownVersion, cursorOf))
  })
  app.get('/v1/models/:name/versions/:version', authenticated, async (request, response) => {
    const tenantId = tenantOf(request, response)
    await answerVersion(response, tenantId, await versionOf(tenantId, request))
  })
  app.get('/v1/models/:name/versions/:version/comparison', authenticated, async (request, response) => {
    const tenantId = tenantOf(request, response)
    const { model, version } = await versionOf(tenantId, request)
    response.json({ model, version, items: (await readComparisons(database, tenantId, model, version)).map(shownComparison) })
  })

  app.post('/v1/models/:name\\:train', authenticated, body, async (request, response) => {
    const actor = actorOf(request, response)
    const model = nameOf(request)
    const { runId } = await startTraining(actor, model, readBody(request, trainingRequest))
    response.status(202).json({ model, runId })
  })
  app.post('/v1/models/:name\\:rollback', authenticated, body, async (request, response) => {
    const actor = actorOf(request, response)
    const given = { ...readBody(request, withReason), sequence: sequenceOf(request) }
    await answerVersion(response, actor.tenantId, await registry.rollBack(actor, nameOf(request), given))
  })
  for (const action of modelVersionActions) {
    app.post(`/v1/models/:name/versions/:version\\:${action}`, authenticated, body, async (request, response) => {
      const actor = actorOf(request, response)
      const given: ActionRequest = { ...readBody(request, action === 'promote' ? promotion : withReason), sequence: sequenceOf(request) }
      await answerVersion(response, actor.tenantId, await registry.act(actor, action, nameOf(request), numberOf(request), given))
    })
  }
}

function nameOf(request: Request): ModelName {
  const name = String(request.params['name'])
  if (!isModelName(name)) throw noSuchModel()
  return name
}

function numberOf(request: Request): number {
  const text = String(request.params['version'])
  const number = Number(text)
  if (!/^[1-9]\d{0,5}$/.test(text) || !isVersionNumber(number)) throw noSuchVersion()
  return number
}

/** Which state of the model the caller has seen, where the request says it: then nobody's change is overwritten unseen. */
function sequenceOf(request: Request): number | undefined {
  const match = request.get('if-match')
  if (match === undefined || match === '*') return undefined
  const sequence = /^"(\d{1,15})"$/.exec(match)?.[1]
  if (sequence === undefined) throw new Problem(412, 'precondition-failed', 'If-Match is not an ETag of this address')
  return Number(sequence)
}
