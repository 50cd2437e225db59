import { expect, test } from '@jest/globals'
import type { AlertItem, ViolationItem, ViolationSummary } from '../data/shapes.ts'
import { asSummary, withAlerts, withChanged, withLoaded, withOpened } from './merge-lists.ts'

const opened = (id: string): ViolationItem => ({
  ...{ id, rule: 'r', regulation: 'g', citation: 'c', severity: 'high', message: 'm', openedAt: '2026-01-01T00:00:00Z' },
  subject: { id: 's' },
  event: { id: 'e' },
})
const listed = (id: string, parts: Partial<ViolationSummary> = {}) => ({ ...asSummary(opened(id)), ...parts })
const alert = (id: string, parts: Partial<AlertItem> = {}): AlertItem => ({ id, violationId: 'v', rule: 'r', severity: 'low', status: 'firing', ...parts })
const idsOf = (list: readonly { id: string }[]) => list.map(({ id }) => id)

test('what opens goes first, the latest at the top, and never twice', () => {
  const list = withOpened([listed('a', { status: 'acknowledged' })], [opened('b'), opened('a'), opened('c'), opened('b')])
  expect(idsOf(list)).toEqual(['c', 'b', 'a'])
  expect(list[2]?.status).toBe('acknowledged')
})

test('a list that was read again tells what is new of those that came live, and keeps them at the top', () => {
  const merged = withLoaded([listed('late')], [listed('x'), listed('late', { status: 'acknowledged', evidenceCount: 4 }), listed('y')])
  expect(idsOf(merged)).toEqual(['late', 'x', 'y'])
  expect(merged[0]).toMatchObject({ status: 'acknowledged', evidenceCount: 4 })
})

test('lists are bounded, the newest stay', () => {
  const many = Array.from({ length: 500 }, (_, n) => opened(`v-${n}`))
  expect(withOpened([], many)).toHaveLength(100)
  expect(withOpened([], many)[0]?.id).toBe('v-499')
  expect(withLoaded([], many.map(asSummary))).toHaveLength(100)
  expect(withAlerts([], many.map(({ id }) => alert(id)))).toHaveLength(100)
})

test('a change replaces what it names and nothing else', () => {
  expect(withChanged([listed('a'), listed('b')], listed('b', { status: 'resolved' })).map(({ status }) => status)).toEqual(['open', 'resolved'])
  const alerts = withAlerts([alert('a', { createdAt: 't' }), alert('b')], [alert('n'), alert('a', { status: 'resolved' })])
  expect(alerts.map(({ id, status, createdAt }) => [id, status, createdAt])).toEqual([
    ['n', 'firing', undefined],
    ['a', 'resolved', 't'],
    ['b', 'firing', undefined],
  ])
})
