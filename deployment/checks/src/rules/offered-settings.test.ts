import { expect, test } from '@jest/globals'
import { readManifests } from '../manifest.ts'
import { checkOfferedSettings } from './offered-settings.ts'

/** A program's workload as the chart gives it, with these settings. */
function chartOf(program: string, settings: readonly string[]) {
  const { manifests } = readManifests(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${program} }
spec:
  template:
    metadata: { labels: { app.kubernetes.io/component: ${program} } }
    spec: { containers: [{ name: ${program}, envFrom: [{ configMapRef: { name: ${program}-settings } }] }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: ${program}-settings }
data: { ${settings.map((name) => `${name}: 'x'`).join(', ')} }
`)
  return manifests
}

const reads = (program: string, ...names: readonly string[]) => new Map([[program, { names: new Set(names), wrongIn: () => [] }]])
const reasons = (...given: Parameters<typeof checkOfferedSettings>) => checkOfferedSettings(...given).map(({ reason }) => reason)

test('a setting that a service reads and no default value sets is found', () => {
  expect(reasons(chartOf('shelf', ['DUST_MAX']), [], reads('shelf', 'DUST_MAX'))).toEqual([])
  expect(reasons(chartOf('shelf', ['DUST_MAX']), [chartOf('shelf', ['BOOKS_MAX'])], reads('shelf', 'DUST_MAX', 'BOOKS_MAX'))).toEqual([
    'BOOKS_MAX, which shelf reads, is set by no default',
  ])
})

test('a setting that is only there when its value is given has to be given by one of the sets', () => {
  const declared = reads('shelf', 'KAFKA_TOPIC_PREFIX')
  expect(reasons(chartOf('shelf', []), [chartOf('shelf', []), chartOf('shelf', ['KAFKA_TOPIC_PREFIX'])], declared)).toEqual([])
  expect(reasons(chartOf('shelf', []), [chartOf('shelf', [])], declared)).toEqual(['KAFKA_TOPIC_PREFIX, which shelf reads, is set by no set of values'])
})

test('what is left out on purpose is no longer left out once it is set, or nobody reads it', () => {
  expect(reasons(chartOf('router', []), [], reads('router', 'DATABASE_URL'))).toEqual([])
  const stale = ["DATABASE_URL needn't be left out for router any more"]
  expect(reasons(chartOf('router', ['DATABASE_URL']), [], reads('router', 'DATABASE_URL'))).toEqual(stale)
  expect(reasons(chartOf('router', []), [], reads('router'))).toEqual(stale)
})

test('a service that no workload runs is found', () => {
  expect(reasons(chartOf('shelf', []), [], reads('cellar'))).toEqual(['is run by no workload'])
})
