import type { Risk } from '@ott/contracts/event-scored'
import type { Caller } from '@ott/graphql/caller'
import { idOf } from '@ott/graphql/list-page'
import { loadTogether, type Loader } from '@ott/graphql/load-together'
import type { SubgraphResolvers } from '@ott/graphql/subgraph'
import type { Database } from '@ott/postgres/database'
import type { Models } from '../registry/open-models.ts'
import { readEventRisks, readSubjectRisks } from '../risk-store.ts'
import { modelResolvers } from './model-nodes.ts'

/** What resolvers work with, made for one operation of one caller. */
export interface ScoringContext {
  readonly caller: Caller
  readonly database: Database
  readonly models: Pick<Models<unknown>, 'registry'>
  nowMs(): number
  readonly riskAfter: Loader<Risk>
  readonly riskOfSubject: Loader<Risk>
}

export interface ScoringParts extends Pick<ScoringContext, 'database' | 'models' | 'nowMs'> {
  /** How many partitions the events that are scored are in. */
  partitions(): Promise<number>
}

export function scoringContext({ database, models, nowMs, partitions }: ScoringParts, caller: Caller): ScoringContext {
  const { tenantId } = caller
  return {
    caller,
    database,
    models,
    nowMs,
    riskAfter: loadTogether((eventIds) => readEventRisks(database, tenantId, eventIds)),
    riskOfSubject: loadTogether(async (subjects) => readSubjectRisks(database, tenantId, subjects, await partitions())),
  }
}

interface Reference {
  readonly id: string
}

/** See schema.graphql. Names that a type and its row share need no resolver. */
export const resolvers = {
  ...modelResolvers,
  Query: {
    ...modelResolvers.Query,
    async subject(_root: unknown, { id }: Reference, { riskOfSubject }: ScoringContext): Promise<Reference | undefined> {
      return (await riskOfSubject.load(idOf(id))) && { id: idOf(id) }
    },
  },
  Event: {
    risk: ({ id }: Reference, _none: unknown, { riskAfter }: ScoringContext) => riskAfter.load(idOf(id)),
  },
  Subject: {
    risk: ({ id }: Reference, _none: unknown, { riskOfSubject }: ScoringContext) => riskOfSubject.load(idOf(id)),
  },
} satisfies SubgraphResolvers<ScoringContext>
