import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Database } from '@ott/postgres/database'
import { createProfileStore } from '../src/profile-store.ts'
import type { PartitionProfiles } from '../src/partition-profiles.ts'
import { forgetSeries } from '../src/series/series-count-store.ts'
import { tallyEvent } from '../src/series/series-tally.ts'
import { createSubjectBudget } from '../src/subject-budget.ts'
import { scoringDatabase, type ScoringDatabase } from './scoring-database.ts'

let place: ScoringDatabase
let admin: ScoringDatabase['admin']
let database: ScoringDatabase['database']
beforeAll(async () => {
  place = await scoringDatabase()
  ;({ admin, database } = place)
})
afterAll(async () => {
  await place?.[Symbol.asyncDispose]()
})
beforeEach(() => admin.query('truncate ml_scoring.series_counts, ml_scoring.series_states, ml_scoring.snapshot_positions'))

const tenants = ['acme', 'globex']
const time = '2026-03-02T10:15:00Z'
const hour = Math.floor(Date.parse(time) / 3_600_000)

function aStore(given: Database = database) {
  return createProfileStore({ database: given, tenantIds: () => tenants, snapshotIntervalMs: 1_000, budget: createSubjectBudget(100) })
}
const at = (nextOffset: bigint) => ({ nextOffset, sources: {} })
function count({ series }: PartitionProfiles, times: number, data: object = {}, tenantId = 'acme') {
  for (let n = 0; n < times; n += 1) tallyEvent(series, tenantId, { type: 'com.ott.playback.started.v1', time, data }, time)
}
async function counts(tenantId = 'acme'): Promise<Record<string, number>> {
  const rows = await admin.query<{ series: string; hour: number; count: string }>('select series, hour, count from ml_scoring.series_counts where tenant_id = $1 order by 1', [tenantId])
  expect(rows.every((row) => row.hour === hour)).toBe(true)
  return Object.fromEntries(rows.map((row) => [row.series, Number(row.count)]))
}

/** Breaks off transactions that write: before they are committed, or when only the answer is missing. */
function breakable(fault: { next?: 'before' | 'after' }): Database {
  return {
    ...database,
    async transaction(tenantIds, work) {
      const { next } = fault
      delete fault.next
      const value = await database.transaction(tenantIds, async (sql) => {
        const done = await work(sql)
        if (next === 'before') throw new Error('the connection broke')
        return done
      })
      if (next === 'after') throw new Error('the connection broke')
      return value
    },
  }
}

test.each(['before', 'after'] as const)('a connection that breaks %s the commit neither loses nor doubles a count', async (when) => {
  const fault: { next?: 'before' | 'after' } = {}
  const store = aStore(breakable(fault))
  const { memory } = await store.restore('t', 0)
  count(memory, 3)
  await store.snapshot('t', 0, memory, at(3n))
  count(memory, 2)
  fault.next = when
  await expect(store.snapshot('t', 0, memory, at(5n))).rejects.toThrow('broke')
  count(memory, 4)
  await store.snapshot('t', 0, memory, at(9n))
  expect(await counts()).toEqual({ 'events:all': 9 })
})

test('counts of a process that has lost the partition are not written; who has it counts them again', async () => {
  const store = aStore()
  const { memory: old } = await store.restore('t', 0)
  count(old, 3)
  await store.snapshot('t', 0, old, at(3n))
  count(old, 2)
  const { memory, position } = await store.restore('t', 0)
  await expect(store.snapshot('t', 0, old, at(5n))).rejects.toThrow('belong to another')
  expect(position?.nextOffset).toBe(3n)
  count(memory, 2)
  await store.snapshot('t', 0, memory, at(5n))
  expect(await counts()).toEqual({ 'events:all': 5 })
})

test('partitions that write at once add up, and share a tenant\'s room for groups', async () => {
  const store = aStore()
  const memories = await Promise.all(Array.from({ length: 6 }, async (_, partition) => (await store.restore('t', partition)).memory))
  for (let round = 1; round <= 3; round += 1) {
    for (const [partition, memory] of memories.entries()) for (let n = 0; n < 15; n += 1) count(memory, 1, { plan: `p-${(partition * 5 + n) % 40}` })
    await Promise.all(memories.map((memory, partition) => store.snapshot('t', partition, memory, at(BigInt(round)))))
  }
  const { 'events:all': all, ...groups } = await counts()
  expect(all).toBe(6 * 15 * 3)
  expect(Object.values(groups).reduce((sum, each) => sum + each, 0)).toBe(all)
  expect(Object.keys(groups)).toHaveLength(21)
  const [states] = await admin.query<{ series: string }>('select count(*) as series from ml_scoring.series_states')
  expect(Number(states?.series)).toBe(22)
})

test('a tenant sees and counts its own alone', async () => {
  const store = aStore()
  const { memory } = await store.restore('t', 0)
  count(memory, 2)
  count(memory, 5, {}, 'globex')
  await store.snapshot('t', 0, memory, at(7n))
  expect([await counts('acme'), await counts('globex')]).toEqual([{ 'events:all': 2 }, { 'events:all': 5 }])
  const seen = await database.transaction(['globex'], (sql) => sql.query<{ tenant_id: string }>('select tenant_id from ml_scoring.series_counts union all select tenant_id from ml_scoring.series_states'))
  expect(seen.map(({ tenant_id }) => tenant_id)).toEqual(['globex', 'globex'])
})

test('counts are kept for half a year, and a series of which none is left makes room', async () => {
  const store = aStore()
  const { memory } = await store.restore('t', 0)
  count(memory, 1, { plan: 'gone' })
  await store.snapshot('t', 0, memory, at(1n))
  await forgetSeries(database, tenants, hour + 26 * 168)
  expect(await counts()).toEqual({ 'events:all': 1, 'events:plan:gone': 1 })
  await forgetSeries(database, ['globex'], hour + 26 * 168 + 1)
  expect(Object.keys(await counts())).toHaveLength(2)
  await forgetSeries(database, tenants, hour + 26 * 168 + 1)
  expect(await counts()).toEqual({})
  expect(await admin.query('select 1 from ml_scoring.series_states')).toEqual([])
})
