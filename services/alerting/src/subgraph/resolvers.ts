import type { Caller } from '@ott/graphql/caller'
import { idOf, listPageOf, readListArguments, type ListPage } from '@ott/graphql/list-page'
import { loadTogether, type Loader } from '@ott/graphql/load-together'
import type { SubgraphResolvers } from '@ott/graphql/subgraph'
import type { Database } from '@ott/postgres/database'
import { listAlerts, readAlerts, readAlertsOf, type AlertItem } from '../alert-store.ts'

/** What resolvers work with, made for one operation of one caller. */
export interface AlertingContext {
  readonly caller: Caller
  readonly database: Database
  readonly alerts: Loader<AlertItem>
  readonly alertsOfViolation: Loader<readonly AlertItem[]>
}

export function alertingContext(database: Database, caller: Caller): AlertingContext {
  return {
    caller,
    database,
    alerts: loadTogether((ids) => readAlerts(database, caller.tenantId, ids)),
    alertsOfViolation: loadTogether((violationIds) => readAlertsOf(database, caller.tenantId, violationIds)),
  }
}

interface ListArguments {
  readonly first: number
  readonly after?: string | null
  readonly status?: string | null
}

/** See schema.graphql. Names that a type and its row share need no resolver. */
export const resolvers = {
  Query: {
    alert: (_root: unknown, { id }: { id: string }, { alerts }: AlertingContext) => alerts.load(idOf(id)),
    async alerts(_root: unknown, { status, ...range }: ListArguments, { caller, database }: AlertingContext): Promise<ListPage<AlertItem>> {
      const page = readListArguments(range)
      return listPageOf(await listAlerts(database, caller.tenantId, { status: status ?? undefined }, page), page, ({ createdAt, id }) => ({ at: createdAt, id }))
    },
  },
  Violation: {
    async alerts({ id }: { id: string }, _none: unknown, { alertsOfViolation }: AlertingContext): Promise<readonly AlertItem[]> {
      return (await alertsOfViolation.load(idOf(id))) ?? []
    },
  },
  Alert: {
    __resolveReference: ({ id }: { id: string }, { alerts }: AlertingContext) => alerts.load(idOf(id)),
    violation: ({ violationId }: AlertItem) => ({ id: violationId }),
  },
} satisfies SubgraphResolvers<AlertingContext>
