import { expect, test } from '@jest/globals'
import { PromqlError, selectorsOf } from './promql.ts'

test('every selector is found, with the labels it matches and without those it groups by', () => {
  const expression = 'sum by (stage) (rate(a_total{outcome="x", job!~"y|z"}[5m])) / on (stage) group_left (b) histogram_quantile(0.9, c_bucket) > 1 unless absent(d)'
  expect(selectorsOf(expression)).toEqual([
    { metric: 'a_total', labels: ['outcome', 'job'] },
    { metric: 'c_bucket', labels: [] },
    { metric: 'd', labels: [] },
  ])
})

test("names of recorded rules and Grafana's variables are understood", () => {
  expect(selectorsOf('rate(stage:a:sum{tenant=~"$tenant|none"}[$__rate_interval])')).toEqual([{ metric: 'stage:a:sum', labels: ['tenant'] }])
})

test.each(['sum(', 'rate(a_total[5m]', 'a{b=}', 'a b', ''])('%j is refused', (expression) => {
  expect(() => selectorsOf(expression)).toThrow(PromqlError)
})
