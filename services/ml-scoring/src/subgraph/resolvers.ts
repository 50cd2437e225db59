import type { Risk } from '@ott/contracts/event-scored'
import { idOf } from '@ott/graphql/list-page'
import type { SubgraphResolvers } from '@ott/graphql/subgraph'
import type { Caller } from '@ott/graphql/caller'
import type { Database } from '@ott/postgres/database'
import DataLoader from 'dataloader'
import { readEventRisks, readSubjectRisks } from '../risk-store.ts'

/** What resolvers work with, made for one operation of one caller: whatever many fields ask for at once is one statement. */
export interface ScoringContext {
  readonly riskAfter: DataLoader<string, Risk | undefined>
  readonly riskOfSubject: DataLoader<string, Risk | undefined>
}

const batchMax = 500

/** @param partitions how many partitions the events that are scored are in */
export function scoringContext(database: Database, partitions: () => Promise<number>, { tenantId }: Caller): ScoringContext {
  return {
    riskAfter: new DataLoader(
      async (eventIds) => {
        const found = await readEventRisks(database, tenantId, eventIds)
        return eventIds.map((id) => found.get(id))
      },
      { maxBatchSize: batchMax },
    ),
    riskOfSubject: new DataLoader(
      async (subjects) => {
        const found = await readSubjectRisks(database, tenantId, subjects, await partitions())
        return subjects.map((subject) => found.get(subject))
      },
      { maxBatchSize: batchMax },
    ),
  }
}

interface Reference {
  readonly id: string
}

/** See schema.graphql. Names that a type and its row share need no resolver. */
export const resolvers = {
  Query: {
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
