import type { Risk } from '@ott/contracts/event-scored'
import type { Caller } from '@ott/graphql/caller'
import { idOf } from '@ott/graphql/list-page'
import { loadTogether, type Loader } from '@ott/graphql/load-together'
import type { SubgraphResolvers } from '@ott/graphql/subgraph'
import type { Database } from '@ott/postgres/database'
import type { RiskModel } from '../risk-model.ts'
import { readEventRisks, readSubjectRisks, type SubjectRisk } from '../risk-store.ts'

/** What resolvers work with, made for one operation of one caller. */
export interface ScoringContext {
  readonly riskAfter: Loader<Risk>
  readonly subjectRisk: Loader<SubjectRisk>
}

/** @param partitions how many partitions the events that are scored are in */
export function scoringContext(database: Database, model: RiskModel, partitions: () => Promise<number>, { tenantId }: Caller): ScoringContext {
  return {
    riskAfter: loadTogether((eventIds) => readEventRisks(database, tenantId, eventIds)),
    subjectRisk: loadTogether(async (subjects) => readSubjectRisks(database, model, tenantId, subjects, await partitions())),
  }
}

interface Reference {
  readonly id: string
}

/** See schema.graphql. Names that a type and its row share need no resolver. */
export const resolvers = {
  Query: {
    async subject(_root: unknown, { id }: Reference, { subjectRisk }: ScoringContext): Promise<Reference | undefined> {
      return (await subjectRisk.load(idOf(id))) && { id: idOf(id) }
    },
  },
  Event: {
    risk: ({ id }: Reference, _none: unknown, { riskAfter }: ScoringContext) => riskAfter.load(idOf(id)),
  },
  Subject: {
    risk: async ({ id }: Reference, _none: unknown, { subjectRisk }: ScoringContext) => (await subjectRisk.load(idOf(id)))?.risk,
    state: ({ id }: Reference, _none: unknown, { subjectRisk }: ScoringContext) => subjectRisk.load(idOf(id)),
  },
} satisfies SubgraphResolvers<ScoringContext>
