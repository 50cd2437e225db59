import type { ApolloServerPlugin } from '@apollo/server'
import { Histogram, latencyBucketsMs, type Registry } from '@ott/telemetry/metrics'

/** Times operations by kind and outcome. Never by name or text: those are the caller's own words, and without bound. */
export function measureOperations<Context extends object>(registry: Registry): ApolloServerPlugin<Context> {
  const durations = new Histogram({
    name: 'ott_graphql_query_duration_ms',
    help: 'Time to answer a GraphQL operation.',
    labelNames: ['operation', 'outcome'],
    buckets: latencyBucketsMs,
    registers: [registry],
  })
  return {
    async requestDidStart() {
      const startedAtMs = performance.now()
      return {
        async willSendResponse({ operation, errors }) {
          const outcome = errors === undefined || errors.length === 0 ? 'ok' : 'error'
          // What can't be parsed or names no operation has none.
          durations.observe({ operation: operation?.operation ?? 'invalid', outcome }, performance.now() - startedAtMs)
        },
      }
    },
  }
}
