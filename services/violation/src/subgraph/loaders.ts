import type { Database } from '@ott/postgres/database'
import DataLoader from 'dataloader'
import { readEvents, type EventRecord } from '../event-store.ts'
import { readViolations, readViolationsOf, type ViolationItem } from '../violation-store.ts'

/** What one operation reads: whatever many fields ask for at once is one statement. */
export interface Loaders {
  readonly events: DataLoader<string, EventRecord | undefined>
  readonly violations: DataLoader<string, ViolationItem | undefined>
  violationsOf(subject: string, filter: { limit: number; status: string | undefined }): Promise<readonly ViolationItem[]>
}

const batchMax = 500

export function createLoaders(database: Database, tenantId: string): Loaders {
  const bySubject = new Map<string, DataLoader<string, readonly ViolationItem[]>>()
  return {
    events: new DataLoader(async (ids) => inOrder(ids, await readEvents(database, tenantId, ids)), { maxBatchSize: batchMax }),
    violations: new DataLoader(async (ids) => inOrder(ids, await readViolations(database, tenantId, ids)), { maxBatchSize: batchMax }),
    violationsOf(subject, filter) {
      const key = `${filter.limit} ${filter.status ?? ''}`
      const loader =
        bySubject.get(key) ??
        new DataLoader<string, readonly ViolationItem[]>(
          async (subjects) => {
            const found = await readViolationsOf(database, tenantId, subjects, filter)
            return subjects.map((each) => found.get(each) ?? [])
          },
          { maxBatchSize: batchMax },
        )
      bySubject.set(key, loader)
      return loader.load(subject)
    },
  }
}

function inOrder<Item>(ids: readonly string[], found: ReadonlyMap<string, Item>): (Item | undefined)[] {
  return ids.map((id) => found.get(id))
}
