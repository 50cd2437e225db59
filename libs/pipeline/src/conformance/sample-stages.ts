import { hash } from 'node:crypto'
import type { EventContract } from '@ott/contracts/define-event'
import { defineStage, readerOf, type Received, type Stage } from '../define-stage.ts'
import { UnprocessableError } from '../errors.ts'
import { duplicate, emit, emitOf, type Decision, type Emit } from '../outcome.ts'
import { coordinatesOf } from '../record.ts'
import type { Guard } from './killable-process.ts'
import type { NumberedRow, RowStore, RowTransaction } from './row-store.ts'
import type { SampleData, SampleEvent } from './sample-events.ts'

type Event = Received<SampleEvent>
/** The store with the memories that the suite's stages keep. */
export type Store = RowStore<Remembered>

function markOf({ event }: Event): string | undefined {
  return event.data.event.data['mark'] as string | undefined
}

function emitTo(contract: EventContract<SampleData>, { event }: Event, result: object, part?: string): Emit {
  const { n } = event.data.event.data
  const data = { ...event.data, event: { ...event.data.event, data: { n, ...result, ...(part && { part }) } } }
  return emitOf(contract, data, part === undefined ? {} : { naturalKey: part })
}

/** Marks that any stage of the suite obeys: `refused` can't be decided, `bug` makes a stage with a bug throw. */
function obeyMark(received: Event, hasBug: boolean): void {
  const mark = markOf(received)
  if (mark === 'refused') throw new UnprocessableError('refused_by_rule', 'data.mark: is refused')
  if (mark === 'bug' && hasBug) throw new TypeError('cannot read properties of undefined')
}

/** What both stages of the suite need. */
export interface SampleStageOptions {
  readonly store: Store
  /** Every effect of the stage passes here, so that a killed process has none. */
  readonly guard: Guard
  readonly from: EventContract<SampleData>
  readonly to: EventContract<SampleData>
  /** Names of several results for each event. */
  readonly parts?: readonly string[]
  readonly hasBug?: boolean
  /** Called in every save, within the transaction. */
  readonly whileSaving?: () => Promise<void>
}

interface Numbering {
  readonly rows: Map<string, NumberedRow>
  readonly latest: Map<string, number>
}
interface Known {
  readonly row: NumberedRow | undefined
  readonly latest: number
}

/** Numbers the events of each viewer and keeps a row of each: a stage whose state lives in the database. */
export function numberingStage(options: SampleStageOptions): Stage<SampleEvent, Numbering, NumberedRow, Known, RowTransaction> {
  const { store, guard, from, to, parts, hasBug = false } = options
  return defineStage({
    name: 'compliance',
    read: readerOf(from),
    produces: [to],
    async load(batch: readonly Event[], tx: RowTransaction): Promise<Numbering> {
      guard()
      store.takeFault('load')
      const facts: Numbering = { rows: new Map(), latest: new Map() }
      for (const { tenantId, subject, id } of batch) {
        const row = tx.row(tenantId, id)
        if (row !== undefined) facts.rows.set(`${tenantId} ${id}`, row)
        facts.latest.set(`${tenantId} ${subject}`, tx.latestNumber(tenantId, subject))
      }
      return facts
    },
    recall: ({ rows, latest }: Numbering, { tenantId, subject, id }: Event): Known => ({
      row: rows.get(`${tenantId} ${id}`),
      latest: latest.get(`${tenantId} ${subject}`) ?? 0,
    }),
    decide(received: Event, known: Known): Decision<NumberedRow, Known> {
      obeyMark(received, hasBug)
      const emits = (number: number) =>
        parts === undefined ? [emitTo(to, received, { number })] : parts.map((part) => emitTo(to, received, { number }, part))
      const coordinates = coordinatesOf(received.record)
      // The same record again is a replay after a crash; another record with the same event is a duplicate.
      if (known.row !== undefined) return known.row.coordinates === coordinates ? emit(emits(known.row.number)) : duplicate()
      const { tenantId, subject, id } = received
      const row: NumberedRow = { tenantId, subject, id, coordinates, number: known.latest + 1, mark: markOf(received) }
      return emit(emits(row.number), [row], { row, latest: row.number })
    },
    remember({ rows, latest }: Numbering, { tenantId, subject, id }: Event, known: Known) {
      if (known.row !== undefined) rows.set(`${tenantId} ${id}`, known.row)
      latest.set(`${tenantId} ${subject}`, known.latest)
    },
    async save(saved, tx) {
      guard()
      store.takeFault('save')
      await options.whileSaving?.()
      tx.upsert(saved.map(({ row }) => row))
    },
  })
}

/** What the remembering stage knows of a viewer: how many events, and a digest of all of them in their order. */
export interface Remembered {
  readonly number: number
  readonly digest: string
}
type Memory = Map<string, Remembered>

/** What the remembering stage needs besides. */
export interface RememberingOptions extends SampleStageOptions {
  readonly snapshotIntervalMs: number
  /** Called in every snapshot, once what it writes is captured. */
  readonly whileWriting?: () => Promise<void>
  /** Called with each memory that is void. */
  readonly onRelease?: (memory: ReadonlyMap<string, Remembered>) => void
  /** Also keeps a row of each event, so that a transaction can fail after the memory was changed. */
  readonly keepsRows?: boolean
}

/** Digests the events of each viewer: a stage whose state lives in memory, with snapshots. */
export function rememberingStage(options: RememberingOptions): Stage<SampleEvent, Memory, NumberedRow, Remembered, RowTransaction> {
  const { store, guard, from, to, hasBug = false, keepsRows = false } = options
  return defineStage({
    name: 'ml-scoring',
    read: readerOf(from),
    produces: [to],
    needsNoTransaction: !keepsRows,
    async load(_batch: readonly Event[], _tx: RowTransaction, memory: Memory = new Map()) {
      guard()
      store.takeFault('load')
      return memory
    },
    recall: (memory: Memory, { record }: Event) => memory.get(record.key ?? '') ?? { number: 0, digest: '' },
    decide(received: Event, before: Remembered): Decision<NumberedRow, Remembered> {
      obeyMark(received, hasBug)
      const digest = hash('sha256', `${before.digest} ${received.id}`, 'hex').slice(0, 16)
      const after = { number: before.number + 1, digest }
      const { tenantId, subject, id, record } = received
      const row = { tenantId, subject, id, coordinates: coordinatesOf(record), number: after.number, mark: markOf(received) }
      return emit([emitTo(to, received, after)], keepsRows ? [row] : [], after)
    },
    remember: (memory: Memory, { record }: Event, after: Remembered) => void memory.set(record.key ?? '', after),
    async save(saved, tx) {
      guard()
      store.takeFault('save')
      tx.upsert(saved.map(({ row }) => row))
    },
    memory: {
      snapshotIntervalMs: options.snapshotIntervalMs,
      async restore(topic, partition) {
        guard()
        store.takeFault('restore')
        const snapshot = store.snapshotOf(topic, partition)
        return { memory: new Map(snapshot?.memory), position: snapshot?.position }
      },
      async snapshot(topic, partition, memory, position) {
        guard()
        store.takeFault('snapshot')
        const captured = new Map(memory)
        await options.whileWriting?.()
        guard()
        store.writeSnapshot(topic, partition, captured, position)
      },
      release: (memory) => options.onRelease?.(memory),
    },
  })
}
