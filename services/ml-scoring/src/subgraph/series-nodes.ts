import { idOf } from '@ott/graphql/list-page'
import type { SubgraphResolvers } from '@ott/graphql/subgraph'
import { listSeries } from '../series/series-watch-store.ts'
import { shownAnomaly, shownSeries } from '../series/shown-series.ts'
import type { ScoringContext } from './resolvers.ts'

interface Named {
  readonly name: string
}

async function seriesNamed({ name }: Named, { caller: { tenantId }, database }: ScoringContext) {
  const [found] = await database.transaction([tenantId], (sql) => listSeries(sql, tenantId, idOf(name)))
  return found && shownSeries(found)
}

/** What the graph says of series. See schema.graphql; names that a type and its row share need no resolver. */
export const seriesResolvers = {
  Query: {
    allSeries: async (_root: unknown, _none: unknown, { caller: { tenantId }, database }: ScoringContext) =>
      (await database.transaction([tenantId], (sql) => listSeries(sql, tenantId))).map(shownSeries),
    series: (_root: unknown, named: Named, context: ScoringContext) => seriesNamed(named, context),
  },
  Series: {
    __resolveReference: (named: Named, context: ScoringContext) => seriesNamed(named, context),
    anomalies: async ({ name }: Named, _none: unknown, { anomaliesOf }: ScoringContext) => (await anomaliesOf.load(name))?.map(shownAnomaly) ?? [],
  },
} satisfies SubgraphResolvers<ScoringContext>
