import { Histogram, latencyBucketsMs, type Registry } from './metrics.ts'

/** What a GraphQL request asks for; invalid: it can't be told. Names that callers choose are no labels: anybody could make up more of them. */
export type GraphqlOperation = 'query' | 'mutation' | 'subscription' | 'invalid'

export interface GraphqlTelemetry {
  /** Begins to time a request; the answer is called once, when it is done and known what it asked for. */
  begin(): (operation: GraphqlOperation, outcome: 'ok' | 'error') => void
}

/** Times and counts GraphQL operations, in the router and in each subgraph; the service is a label of every metric. */
export function observeGraphql(registry: Registry): GraphqlTelemetry {
  const durations = new Histogram({
    name: 'ott_graphql_query_duration_ms',
    help: 'Time to answer a GraphQL operation; error when the answer holds any.',
    labelNames: ['operation', 'outcome'],
    buckets: latencyBucketsMs,
    registers: [registry],
  })
  return {
    begin() {
      const startedAtMs = performance.now()
      let isDone = false
      return (operation, outcome) => {
        if (isDone) return
        isDone = true
        durations.observe({ operation, outcome }, performance.now() - startedAtMs)
      }
    },
  }
}
