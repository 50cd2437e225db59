import type { Severity } from '@ott/contracts/severity'
import type { ViolationStatus } from '@ott/contracts/violation-changed'
import type { Caller } from '@ott/graphql/caller'
import { idOf, listPageOf, readFirst, readListArguments, type ListPage } from '@ott/graphql/list-page'
import type { SubgraphResolvers } from '@ott/graphql/subgraph'
import type { Database } from '@ott/postgres/database'
import type { ViolationItem } from '../cases/case-item.ts'
import type { EventRecord } from '../event-store.ts'
import { listViolations } from '../violation-store.ts'
import { caseFields, caseMutations } from './case-resolvers.ts'
import type { Loaders } from './loaders.ts'

/** What resolvers work with, made for one operation of one caller. */
export interface ViolationContext {
  readonly caller: Caller
  readonly database: Database
  readonly loaders: Loaders
  readonly nowMs: () => number
}

interface ListArguments {
  readonly first: number
  readonly after?: string | null
  readonly status?: ViolationStatus | null
  readonly rule?: string | null
  readonly subject?: string | null
  readonly severity?: Severity | null
  readonly assignee?: string | null
  readonly isOverdue?: boolean | null
  readonly isOngoing?: boolean | null
}

/** See schema.graphql. Names that a type and its row share need no resolver. */
export const resolvers = {
  Query: {
    event: (_root: unknown, { id }: { id: string }, { loaders }: ViolationContext) => loaders.events.load(idOf(id)),
    violation: (_root: unknown, { id }: { id: string }, { loaders }: ViolationContext) => loaders.violations.load(idOf(id)),
    async violations(_root: unknown, { status, rule, subject, severity, assignee, isOverdue, isOngoing, ...range }: ListArguments, { caller, database }: ViolationContext): Promise<ListPage<ViolationItem>> {
      const page = readListArguments(range)
      const filter = {
        ...{ status: status ?? undefined, rule: textOf(rule), subject: textOf(subject), severity: severity ?? undefined, assignee: textOf(assignee) },
        ...{ isOverdue: isOverdue ?? undefined, isOngoing: isOngoing ?? undefined },
      }
      return listPageOf(await listViolations(database, caller.tenantId, filter, page), page, ({ openedAt, id }) => ({ at: openedAt, id }))
    },
  },
  Mutation: caseMutations,
  Event: {
    __resolveReference: ({ id }: { id: string }, { loaders }: ViolationContext) => loaders.events.load(idOf(id)),
    type: ({ about }: EventRecord) => about?.type,
    source: ({ about }: EventRecord) => about?.source,
    time: ({ about }: EventRecord) => about?.time,
    subject: ({ about }: EventRecord) => about && { id: about.subject },
    tenant: (_event: EventRecord, _none: unknown, { caller }: ViolationContext) => ({ id: caller.tenantId }),
    violations: ({ violations }: EventRecord, _none: unknown, { loaders }: ViolationContext) => Promise.all(violations.map((id) => loaders.violations.load(id))),
  },
  Violation: {
    __resolveReference: ({ id }: { id: string }, { loaders }: ViolationContext) => loaders.violations.load(idOf(id)),
    subject: ({ subject }: ViolationItem) => ({ id: subject }),
    event: ({ openedBy }: ViolationItem, _none: unknown, { loaders }: ViolationContext) => loaders.events.load(openedBy),
    ...caseFields,
  },
  Evidence: {
    event: ({ eventId }: ViolationItem['evidence'][number], _none: unknown, { loaders }: ViolationContext) => loaders.events.load(eventId),
  },
  Subject: {
    violations: ({ id }: { id: string }, { first, status }: { first: number; status?: string | null }, { loaders }: ViolationContext) =>
      loaders.violationsOf(idOf(id), { limit: readFirst(first), status: status ?? undefined }),
  },
} satisfies SubgraphResolvers<ViolationContext>

function textOf(given: string | null | undefined): string | undefined {
  return given === null || given === undefined ? undefined : idOf(given)
}
