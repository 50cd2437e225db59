import { expect, test } from '@jest/globals'
import type { ViolationItem } from '../data/shapes.ts'
import { createLiveStore } from './live-store.ts'
import { asSummary } from './merge-lists.ts'

const violation = (id: string): ViolationItem => ({
  ...{ id, rule: 'r', regulation: 'g', citation: 'c', severity: 'high', message: `about ${id}`, openedAt: '2026-01-01T00:00:00Z' },
  subject: { id: 's' },
  event: { id: 'e' },
})

function aStore() {
  const clock = { nowMs: 1_000_000 }
  const store = createLiveStore(() => clock.nowMs)
  let renders = 0
  store.subscribe(() => renders++)
  return { store, clock, rendersOf: () => renders }
}

test('four thousand events a second make no more snapshots than publishing does', () => {
  const { store, clock, rendersOf } = aStore()
  store.connectionChanged(true)
  for (let tick = 0; tick < 8; tick++) {
    for (let event = 0; event < 1_000; event++) store.scored(0.05)
    clock.nowMs += 250
    store.publish()
  }
  expect(rendersOf()).toBeLessThanOrEqual(1 + 8)
  expect(store.snapshot().scores[0]).toBe(5_000)
  expect(store.snapshot().rate.at(-1)?.events).toBe(4_000)
})

test('nothing new, no new snapshot: what did not change stays the same object', () => {
  const { store, clock, rendersOf } = aStore()
  store.violationOpened(violation('v'))
  store.publish()
  const { violations, scores } = store.snapshot()
  const renders = rendersOf()
  clock.nowMs += 250
  store.publish()
  expect(rendersOf()).toBe(renders)
  clock.nowMs += 1_000
  store.publish()
  expect(store.snapshot().violations).toBe(violations)
  expect(store.snapshot().scores).toBe(scores)
})

test('an announcement comes at most every five seconds and counts what came meanwhile', () => {
  const { store, clock } = aStore()
  store.violationOpened(violation('a'))
  store.publish()
  expect(store.snapshot().announcement).toBe('New violation, high: about a')
  for (const id of ['b', 'c', 'd']) store.violationOpened(violation(id))
  clock.nowMs += 4_999
  store.publish()
  expect(store.snapshot().announcement).toBe('New violation, high: about a')
  clock.nowMs += 1
  store.publish()
  expect(store.snapshot().announcement).toBe('3 new violations, the latest high: about d')
})

test('before the first list it is unknown whether there are violations; after it, one that came meanwhile is kept', () => {
  const { store } = aStore()
  expect(store.snapshot().violations).toBeUndefined()
  store.violationOpened(violation('live'))
  store.violationsLoaded([asSummary(violation('old'))])
  expect(store.snapshot().violations?.map(({ id }) => id)).toEqual(['live', 'old'])
})

test('what was acknowledged stays so when the same violation is told of again', () => {
  const { store } = aStore()
  store.violationOpened(violation('v'))
  store.publish()
  store.violationChanged({ ...asSummary(violation('v')), status: 'acknowledged' })
  store.violationOpened(violation('v'))
  store.publish()
  expect(store.snapshot().violations?.map(({ status }) => status)).toEqual(['acknowledged'])
})

test('an alert known only by its change gives way to the list that tells more', () => {
  const { store } = aStore()
  store.alertChanged({ id: 'a', violationId: 'v', rule: 'r', severity: 'low', status: 'firing' })
  store.publish()
  store.alertsLoaded([{ id: 'a', violationId: 'v', rule: 'r', severity: 'low', status: 'resolved', createdAt: 't' }])
  expect(store.snapshot().alerts).toEqual([expect.objectContaining({ id: 'a', status: 'resolved', createdAt: 't' })])
})

test('before the first connection it connects, after one is lost it reconnects', () => {
  const { store } = aStore()
  store.connectionChanged(false)
  expect(store.snapshot().connection).toBe('connecting')
  store.connectionChanged(true)
  store.connectionChanged(false)
  expect(store.snapshot().connection).toBe('reconnecting')
})
