import { loadTogether, type Loader } from '@ott/graphql/load-together'
import type { Database } from '@ott/postgres/database'
import type { ViolationItem } from '../cases/case-item.ts'
import { readComments, readHistories, type CommentItem, type HistoryItem } from '../cases/case-store.ts'
import { readEvents, type EventRecord } from '../event-store.ts'
import { readViolations, readViolationsOf } from '../violation-store.ts'

/** What one operation reads. */
export interface Loaders {
  readonly events: Loader<EventRecord>
  readonly violations: Loader<ViolationItem>
  historyOf(violationId: string, first: number): Promise<readonly HistoryItem[]>
  commentsOn(violationId: string, first: number): Promise<readonly CommentItem[]>
  violationsOf(subject: string, filter: { limit: number; status: string | undefined }): Promise<readonly ViolationItem[]>
}

export function createLoaders(database: Database, tenantId: string): Loaders {
  const bySubject = new Map<string, Loader<readonly ViolationItem[]>>()
  const histories = byFirst((ids, first) => readHistories(database, tenantId, ids, first))
  const comments = byFirst((ids, first) => readComments(database, tenantId, ids, first))
  return {
    historyOf: async (id, first) => (await histories(first).load(id)) ?? [],
    commentsOn: async (id, first) => (await comments(first).load(id)) ?? [],
    events: loadTogether((ids) => readEvents(database, tenantId, ids)),
    violations: loadTogether((ids) => readViolations(database, tenantId, ids)),
    async violationsOf(subject, filter) {
      const key = `${filter.limit} ${filter.status ?? ''}`
      const loader = bySubject.get(key) ?? loadTogether((subjects) => readViolationsOf(database, tenantId, subjects, filter))
      bySubject.set(key, loader)
      return (await loader.load(subject)) ?? []
    },
  }
}

/** A loader for each number of items that is asked for. */
function byFirst<Item>(read: (ids: readonly string[], first: number) => Promise<ReadonlyMap<string, Item>>): (first: number) => Loader<Item> {
  const loaders = new Map<number, Loader<Item>>()
  return (first) => {
    const loader = loaders.get(first) ?? loadTogether((ids) => read(ids, first))
    loaders.set(first, loader)
    return loader
  }
}
