import { refusal } from '@ott/graphql/graphql-errors'
import { listPageOf, readListArguments } from '@ott/graphql/list-page'
import { refusing } from '@ott/graphql/refusing'
import type { SubgraphResolvers } from '@ott/graphql/subgraph'
import { readReports, type DriftReport } from '../drift/drift-report-store.ts'
import type { DriftOfColumn, DriftOutcome } from '../drift/judge-drift.ts'
import { readComparisons } from '../registry/comparison-store.ts'
import { cursorOf, isVersionNumber, listModels, listVersions, readModel, readTransitions, readVersions, type Actor, type Model } from '../registry/model-store.ts'
import type { ModelVersion, ModelVersionAction, ModelVersionStatus } from '../registry/model-version.ts'
import { toleranceMax } from '../registry/promotion-gate.ts'
import { shownComparison, shownTransition } from '../registry/shown-model.ts'
import type { ScoringContext } from './resolvers.ts'

interface Change {
  readonly model: string
  readonly reason?: string | null
}

interface VersionChange extends Change {
  readonly version: number
  readonly force?: boolean
  readonly tolerance?: number | null
}

interface VersionArguments {
  readonly first: number
  readonly after?: string | null
  readonly status?: ModelVersionStatus | null
}

const actorOf = ({ caller, nowMs }: ScoringContext): Actor => ({ tenantId: caller.tenantId, keyId: caller.keyId, nowMs: nowMs() })

function reasonOf({ reason }: Change): string | undefined {
  if (reason === undefined || reason === null) return undefined
  const text = reason.trim()
  if (text.length < 10 || text.length > 1_000) throw refusal('BAD_USER_INPUT', 'reason: must have 10 to 1,000 characters')
  return text
}

function change(action: ModelVersionAction) {
  return (_root: unknown, given: VersionChange, context: ScoringContext) => {
    const { model, version, force = false, tolerance } = given
    const reason = reasonOf(given)
    if (!isVersionNumber(version)) throw refusal('NOT_FOUND', 'the model has no such version')
    if (force && reason === undefined) throw refusal('BAD_USER_INPUT', 'reason: must say why the gate is passed by')
    if (typeof tolerance === 'number' && !(tolerance >= 0 && tolerance <= toleranceMax)) throw refusal('BAD_USER_INPUT', `tolerance: must be from 0 to ${toleranceMax}`)
    return refusing(() => context.models.registry.act(actorOf(context), action, model.slice(0, 64), version, { reason, force, tolerance: tolerance ?? undefined }))
  }
}

/** One of a model's versions by its number; undefined for none. */
async function versionOf({ caller, database }: ScoringContext, model: string, version: number): Promise<ModelVersion | undefined> {
  if (!isVersionNumber(version)) return undefined
  return (await readVersions(database, caller.tenantId, model, [version]))[0]
}

/** GraphQL has no names with hyphens. */
const outcomeNames = {
  ...{ stable: 'stable', drifted: 'drifted', 'too-few': 'tooFew' },
  ...{ 'no-reference': 'noReference', 'unreadable-reference': 'unreadableReference' },
} as const satisfies Record<DriftOutcome, string>

/** What the graph says of models. See schema.graphql; names that a type and its row share need no resolver. */
export const modelResolvers = {
  Query: {
    models: (_root: unknown, _none: unknown, { caller, database }: ScoringContext) => listModels(database, caller.tenantId),
    model: (_root: unknown, { name }: { name: string }, { caller, database }: ScoringContext) => readModel(database, caller.tenantId, name.slice(0, 64)),
  },
  Mutation: {
    promoteModelVersion: change('promote'),
    challengeModelVersion: change('challenge'),
    retireModelVersion: change('retire'),
    rollBackModel: (_root: unknown, given: Change, context: ScoringContext) =>
      refusing(() => context.models.registry.rollBack(actorOf(context), given.model.slice(0, 64), { reason: reasonOf(given) })),
  },
  Model: {
    __resolveReference: ({ name }: { name: string }, { caller, database }: ScoringContext) => readModel(database, caller.tenantId, name.slice(0, 64)),
    champion: ({ name, champion }: Model, _none: unknown, context: ScoringContext) => (champion === null ? null : versionOf(context, name, champion)),
    challengers: ({ name, challengers }: Model, _none: unknown, { caller, database }: ScoringContext) => readVersions(database, caller.tenantId, name, challengers),
    async versions({ name }: Model, { status, ...range }: VersionArguments, { caller, database }: ScoringContext) {
      const page = readListArguments(range)
      return listPageOf(await listVersions(database, caller.tenantId, name, status ?? undefined, page), page, cursorOf)
    },
    drift: async ({ name }: Model, _none: unknown, { caller, database }: ScoringContext) => (await readReports(database, caller.tenantId, name, 1))[0],
    createdAt: ({ createdAt }: Model) => createdAt.toISOString(),
  },
  ModelDrift: {
    outcome: ({ outcome }: DriftReport) => outcomeNames[outcome],
    since: ({ since }: DriftReport) => since.toISOString(),
    checkedAt: ({ checkedAt }: DriftReport) => checkedAt.toISOString(),
    features: ({ columns }: DriftReport) => columns.filter(({ feature }) => feature !== null),
    scores: ({ columns }: DriftReport) => columns.find(({ feature }) => feature === null),
  },
  SpreadDrift: {
    isDrifted: ({ drifts }: DriftOfColumn) => drifts.length > 0,
  },
  ModelVersion: {
    __resolveReference({ id }: { id: string }, context: ScoringContext) {
      const [, model = '', number = ''] = /^([a-z-]{1,64})\/([1-9]\d{0,5})$/.exec(id) ?? []
      return versionOf(context, model, Number(number))
    },
    id: ({ model, version }: ModelVersion) => `${model}/${version}`,
    model: ({ model }: ModelVersion, _none: unknown, { caller, database }: ScoringContext) => readModel(database, caller.tenantId, model),
    dataSha256: ({ training }: ModelVersion) => training.dataSha256,
    seed: ({ training }: ModelVersion) => training.seed,
    codeVersion: ({ training }: ModelVersion) => training.codeVersion,
    metrics: ({ training }: ModelVersion) => Object.entries(training.metrics).map(([name, value]) => ({ name, value })),
    validationMetric: ({ training }: ModelVersion) => training.validation?.metric ?? null,
    createdAt: ({ createdAt }: ModelVersion) => createdAt.toISOString(),
    transitions: async ({ model, version }: ModelVersion, _none: unknown, { caller, database }: ScoringContext) =>
      (await readTransitions(database, caller.tenantId, model, version)).map(shownTransition),
    comparisons: async ({ model, version }: ModelVersion, _none: unknown, { caller, database }: ScoringContext) =>
      (await readComparisons(database, caller.tenantId, model, version)).map(shownComparison),
  },
} satisfies SubgraphResolvers<ScoringContext>
