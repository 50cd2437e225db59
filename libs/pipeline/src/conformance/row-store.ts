import type { SnapshotPosition } from '../define-stage.ts'
import { UnprocessableError } from '../errors.ts'
import type { UnitOfWork } from '../unit-of-work.ts'

/** What came of one event. `coordinates` say which record first carried it. */
export interface NumberedRow {
  readonly tenantId: string
  readonly subject: string
  readonly id: string
  readonly coordinates: string
  /** Place of the event among its subject's. */
  readonly number: number
  readonly mark: string | undefined
}

/** What a transaction may do: it sees only the rows of its tenants. */
export interface RowTransaction {
  row(tenantId: string, id: string): NumberedRow | undefined
  latestNumber(tenantId: string, subject: string): number
  upsert(rows: readonly NumberedRow[]): void
}

/** Where a fault may be put. Each taken fault is thrown once. */
export type FaultPoint = 'load' | 'save' | 'publish' | 'snapshot' | 'restore' | 'heartbeat' | 'commit'

interface Snapshot<State> {
  readonly memory: ReadonlyMap<string, State>
  readonly position: SnapshotPosition
}

/**
 * Stands in for the database: rows are committed all or none, survive the processes that wrote them, and belong to
 * tenants. It notes what a correct runtime never does, so that a test can look.
 */
export function createRowStore<State>() {
  const rows = new Map<string, NumberedRow>()
  const latest = new Map<string, number>()
  const snapshots = new Map<string, Snapshot<State>>()
  const faults = new Map<FaultPoint, Error[]>()
  const transactions: (readonly string[])[] = []
  const contradictions: string[] = []
  let refusedSnapshots = 0

  const unitOfWork: UnitOfWork<RowTransaction> = async (tenants, work) => {
    transactions.push(tenants)
    const staged: NumberedRow[] = []
    const visible = (tenantId: string) => {
      if (!tenants.includes(tenantId)) throw new Error(`rows of ${tenantId} are not visible to ${tenants.join(', ')}`)
    }
    const answer = await work({
      row(tenantId, id) {
        visible(tenantId)
        return rows.get(`${tenantId} ${id}`)
      },
      latestNumber(tenantId, subject) {
        visible(tenantId)
        return latest.get(`${tenantId} ${subject}`) ?? 0
      },
      upsert(more) {
        for (const row of more) {
          visible(row.tenantId)
          if (row.mark === 'unstorable') throw new UnprocessableError('unstorable', 'data.mark: has no place in a column')
        }
        staged.push(...more)
      },
    })
    for (const row of staged) {
      const before = rows.get(`${row.tenantId} ${row.id}`)
      if (before !== undefined && JSON.stringify(before) !== JSON.stringify(row)) contradictions.push(row.id)
      rows.set(`${row.tenantId} ${row.id}`, row)
      const subject = `${row.tenantId} ${row.subject}`
      latest.set(subject, Math.max(row.number, latest.get(subject) ?? 0))
    }
    return answer
  }

  return {
    unitOfWork,
    /** Committed rows by `tenant id`. */
    rows: rows as ReadonlyMap<string, NumberedRow>,
    /** The tenants of every transaction that was begun. */
    transactions: transactions as readonly (readonly string[])[],
    /** Ids of rows that were written twice with different content. */
    contradictions: contradictions as readonly string[],
    snapshotOf: (topic: string, partition: number) => snapshots.get(`${topic}/${partition}`),
    refusedSnapshots: () => refusedSnapshots,
    /** Keeps a snapshot unless a later one is there: a process that lost its partition may still be writing. */
    writeSnapshot(topic: string, partition: number, memory: ReadonlyMap<string, State>, position: SnapshotPosition): void {
      const id = `${topic}/${partition}`
      const before = snapshots.get(id)
      if (before !== undefined && before.position.nextOffset > position.nextOffset) {
        refusedSnapshots++
        return
      }
      snapshots.set(id, { memory: structuredClone(memory), position: structuredClone(position) })
    },
    /** Puts an old snapshot in the place of a later one, as restoring a backup does. */
    restoreSnapshot: (topic: string, partition: number, snapshot: Snapshot<State>) => void snapshots.set(`${topic}/${partition}`, snapshot),
    /** The next times a process gets to this point, these errors are thrown, one each. */
    failNext(point: FaultPoint, errors: readonly Error[]): void {
      faults.set(point, [...(faults.get(point) ?? []), ...errors])
    },
    takeFault(point: FaultPoint): void {
      const error = faults.get(point)?.shift()
      if (error !== undefined) throw error
    },
    faultsLeft: (point: FaultPoint) => faults.get(point)?.length ?? 0,
  }
}
export type RowStore<State> = ReturnType<typeof createRowStore<State>>
