import { refusal } from '@ott/graphql/graphql-errors'
import type { GraphqlPlugin } from '@ott/graphql/graphql-server'
import { getNullableType, isListType, type DocumentNode, type GraphQLSchema } from 'graphql'
import { getComplexity, type ComplexityEstimator } from 'graphql-query-complexity'

/** A list that a query can't bound is taken to hold so many: findings, factors, alerts of a violation. */
const unboundedListSize = 10

/**
 * What a field costs: one, and what is asked below it as often as it may be there. A field with `first` may be there
 * that often; `nodes` below it is the same list once more.
 */
const fieldCost: ComplexityEstimator = ({ field, args, childComplexity }) => {
  const first: unknown = args['first']
  if (typeof first === 'number') return 1 + Math.max(0, first) * (1 + childComplexity)
  if (field.name === 'nodes' || !isListType(getNullableType(field.type))) return 1 + childComplexity
  return 1 + unboundedListSize * (1 + childComplexity)
}

/** How many fields an answer may hold at the most, by a query's own bounds: known before anything is asked. */
export function queryCost(schema: GraphQLSchema, query: DocumentNode, operationName: string | undefined, variables: Record<string, unknown>): number {
  return getComplexity({ schema, query, variables, estimators: [fieldCost], ...(operationName === undefined ? {} : { operationName }) })
}

/** Refuses operations that cost more than `costMax` with `QUERY_TOO_COSTLY`, before a subgraph is asked. */
export function limitCost<Context extends object>(costMax: number): GraphqlPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ schema, document, operationName, request }) {
          const cost = queryCost(schema, document, operationName ?? undefined, request.variables ?? {})
          if (cost > costMax) throw refusal('QUERY_TOO_COSTLY', `the query may cost ${cost} fields and at most ${costMax} are allowed: ask for fewer at once, with "first"`)
        },
      }
    },
  }
}
