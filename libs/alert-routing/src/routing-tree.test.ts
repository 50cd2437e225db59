import { expect, test } from '@jest/globals'
import { aRoute } from './alert-fixture.ts'
import { parseMatchers } from './matcher.ts'
import { findRoute, groupKeyOf, groupLabelsOf, matchRoutes } from './routing-tree.ts'

const on = (key: string, matchers: string, parts: Parameters<typeof aRoute>[0] = {}) => aRoute({ key, matchers: parseMatchers(matchers), ...parts })
const keysOf = (root: ReturnType<typeof aRoute>, labels: Record<string, string>) => matchRoutes(root, labels).map(({ key }) => key)

test('the first child that matches takes an alert, and the node itself what no child takes', () => {
  const root = aRoute({ routes: [on('first', 'a=1'), on('second', 'a=~"1|2"')] })
  expect(keysOf(root, { a: '1' })).toEqual(['first'])
  expect(keysOf(root, { a: '2' })).toEqual(['second'])
  expect(keysOf(root, { a: '3' })).toEqual(['{}'])
})

test('a child that continues lets its siblings match too, and one that does not match changes nothing', () => {
  const root = aRoute({ routes: [on('other', 'a=9', { continues: true }), on('first', 'a=1', { continues: true }), on('second', 'b=1'), on('third', 'a=1')] })
  expect(keysOf(root, { a: '1', b: '1' })).toEqual(['first', 'second'])
  expect(keysOf(root, { a: '1' })).toEqual(['first', 'third'])
})

test('the deepest node that matches takes the alert, and its siblings further up are not asked', () => {
  const root = aRoute({ routes: [on('outer', 'a=1', { routes: [on('inner', 'b=1', { continues: true })] }), on('later', 'a=1')] })
  expect(keysOf(root, { a: '1', b: '1' })).toEqual(['inner'])
  expect(keysOf(root, { a: '1' })).toEqual(['outer'])
})

test('a group is named by its route and by the labels it is grouped by, in one order', () => {
  const route = aRoute({ key: '{}/{severity="high"}', groupBy: ['zone', 'alertname', 'absent'] })
  const labels = groupLabelsOf(route, { zone: 'eu', severity: 'high', alertname: 'X"y' })
  expect(labels).toEqual({ alertname: 'X"y', zone: 'eu' })
  expect(groupKeyOf(route, labels)).toBe('{}/{severity="high"}:{alertname="X\\"y", zone="eu"}')
  expect(groupKeyOf(route, {})).toBe('{}/{severity="high"}:{}')
})

test('a label that is empty is as good as absent', () => {
  expect(groupLabelsOf(aRoute({ groupBy: ['zone'] }), { zone: '' })).toEqual({})
  expect(groupLabelsOf(aRoute({ groupBy: 'all' }), { zone: '', a: '1' })).toEqual({ a: '1' })
})

test("'...' groups by all labels an alert has", () => {
  expect(groupLabelsOf(aRoute({ groupBy: 'all' }), { b: '2', a: '1' })).toEqual({ a: '1', b: '2' })
})

test('a route is found by its key, however deep', () => {
  const inner = aRoute({ key: '{}/{a="1"}/{b="1"}' })
  const root = aRoute({ routes: [aRoute({ key: '{}/{a="1"}', routes: [inner] }), aRoute({ key: '{}/{a="1"}/1' })] })
  expect(findRoute(root, '{}/{a="1"}/{b="1"}')).toBe(inner)
  expect(findRoute(root, '{}/{a="1"}/1')?.key).toBe('{}/{a="1"}/1')
  expect(findRoute(root, '{}/{c="1"}')).toBeUndefined()
})
