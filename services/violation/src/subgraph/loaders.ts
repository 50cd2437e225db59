import { loadTogether, type Loader } from '@ott/graphql/load-together'
import type { Database } from '@ott/postgres/database'
import type { ViolationItem } from '../cases/case-item.ts'
import { readEvents, type EventRecord } from '../event-store.ts'
import { readViolations, readViolationsOf } from '../violation-store.ts'

/** What one operation reads. */
export interface Loaders {
  readonly events: Loader<EventRecord>
  readonly violations: Loader<ViolationItem>
  violationsOf(subject: string, filter: { limit: number; status: string | undefined }): Promise<readonly ViolationItem[]>
}

export function createLoaders(database: Database, tenantId: string): Loaders {
  const bySubject = new Map<string, Loader<readonly ViolationItem[]>>()
  return {
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
