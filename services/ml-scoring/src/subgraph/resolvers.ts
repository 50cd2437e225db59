import type { Risk } from '@ott/contracts/event-scored'
import type { Caller } from '@ott/graphql/caller'
import { idOf } from '@ott/graphql/list-page'
import { loadTogether, type Loader } from '@ott/graphql/load-together'
import type { SubgraphResolvers } from '@ott/graphql/subgraph'
import type { Database } from '@ott/postgres/database'
import { readAttention, type ShownAttention } from '../attention/read-attention.ts'
import type { Models } from '../registry/open-models.ts'
import { readEventRisks, readSubjectRisks, type SubjectRisk } from '../risk-store.ts'
import type { ServableModel } from '../scoring/servable-model.ts'
import type { LearnedModelsInForce } from '../scoring/learned-models.ts'
import { listAnomalies, type StoredAnomaly } from '../series/series-watch-store.ts'
import { modelResolvers } from './model-nodes.ts'
import { seriesResolvers } from './series-nodes.ts'

/** What resolvers work with, made for one operation of one caller. */
export interface ScoringContext {
  readonly caller: Caller
  readonly database: Database
  readonly models: Pick<Models<ServableModel>, 'registry' | 'modelsOf'>
  nowMs(): number
  readonly riskAfter: Loader<Risk>
  readonly subjectRisk: Loader<SubjectRisk>
  /** By series, the latest first. */
  readonly anomaliesOf: Loader<readonly StoredAnomaly[]>
  readonly attention: Loader<ShownAttention>
}

export interface ScoringParts extends Pick<ScoringContext, 'database' | 'models' | 'nowMs'> {
  readonly learned: Pick<LearnedModelsInForce, 'riskOf'>
  /** How many partitions the events that are scored are in. */
  partitions(): Promise<number>
}

/** Of each series: a tenant's graph may ask for all of them at once. */
const anomaliesShownMax = 20

export function scoringContext({ database, models, learned, nowMs, partitions }: ScoringParts, caller: Caller): ScoringContext {
  const { tenantId } = caller
  return {
    caller,
    database,
    models,
    nowMs,
    riskAfter: loadTogether((eventIds) => readEventRisks(database, tenantId, eventIds)),
    attention: loadTogether((subjects) => readAttention({ database, modelsOf: models.modelsOf }, tenantId, subjects)),
    subjectRisk: loadTogether(async (subjects) => readSubjectRisks(database, learned, tenantId, subjects, await partitions())),
    anomaliesOf: loadTogether((series) => database.transaction([tenantId], (sql) => listAnomalies(sql, tenantId, series, anomaliesShownMax))),
  }
}

interface Reference {
  readonly id: string
}

/** See schema.graphql. Names that a type and its row share need no resolver. */
export const resolvers = {
  ...modelResolvers,
  ...seriesResolvers,
  Query: {
    ...modelResolvers.Query,
    ...seriesResolvers.Query,
    async subject(_root: unknown, { id }: Reference, { subjectRisk }: ScoringContext): Promise<Reference | undefined> {
      return (await subjectRisk.load(idOf(id))) && { id: idOf(id) }
    },
  },
  Event: {
    risk: ({ id }: Reference, _none: unknown, { riskAfter }: ScoringContext) => riskAfter.load(idOf(id)),
  },
  Subject: {
    risk: async ({ id }: Reference, _none: unknown, { subjectRisk }: ScoringContext) => (await subjectRisk.load(idOf(id)))?.risk,
    attention: ({ id }: Reference, _none: unknown, { attention }: ScoringContext) => attention.load(idOf(id)),
    state: ({ id }: Reference, _none: unknown, { subjectRisk }: ScoringContext) => subjectRisk.load(idOf(id)),
  },
} satisfies SubgraphResolvers<ScoringContext>
