import type { ApolloServerPlugin } from '@apollo/server'
import { observeGraphql } from '@ott/telemetry/graphql-telemetry'
import type { Registry } from '@ott/telemetry/metrics'

/** Times operations by kind and outcome. */
export function measureOperations<Context extends object>(registry: Registry): ApolloServerPlugin<Context> {
  const telemetry = observeGraphql(registry)
  return {
    async requestDidStart() {
      const done = telemetry.begin()
      return {
        async willSendResponse({ operation, errors }) {
          done(operation?.operation ?? 'invalid', errors === undefined || errors.length === 0 ? 'ok' : 'error')
        },
      }
    },
  }
}
