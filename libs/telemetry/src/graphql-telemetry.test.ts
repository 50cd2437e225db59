import { expect, test } from '@jest/globals'
import { observeGraphql } from './graphql-telemetry.ts'
import { countKeyRotations } from './key-rotation-telemetry.ts'
import { createRegistry } from './metrics.ts'

test('an operation is timed once, by what it asked for and whether its answer held errors', async () => {
  const registry = createRegistry('router')
  const telemetry = observeGraphql(registry)
  const done = telemetry.begin()
  done('query', 'ok')
  done('query', 'error')
  telemetry.begin()('mutation', 'error')
  const counts = (await registry.metrics()).split('\n').filter((line) => line.startsWith('ott_graphql_query_duration_ms_count'))
  expect(counts).toEqual([
    'ott_graphql_query_duration_ms_count{service="router",operation="query",outcome="ok"} 1',
    'ott_graphql_query_duration_ms_count{service="router",operation="mutation",outcome="error"} 1',
  ])
})

test('rotations of keys stand at 0 before there was one, so that a rate can be told from the first on', async () => {
  const registry = createRegistry('tenant')
  countKeyRotations(registry)
  expect(await registry.metrics()).toContain('ott_encryption_key_rotations_total{service="tenant"} 0')
})
