import { readFile } from 'node:fs/promises'
import { ApolloGateway } from '@apollo/gateway'
import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases'
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth'
import { openGraphqlServer } from '@ott/graphql/graphql-server'
import { libraryLogger } from '@ott/graphql/library-logger'
import { defineService } from '@ott/service/define-service'
import { standardSettings } from '@ott/service/settings'
import { z } from 'zod'
import { openExplorer } from './explorer.ts'
import { limitCost } from './query-cost.ts'
import { passedOnOf, subgraphSource, type RouterContext } from './subgraph-source.ts'

const http = { protocol: /^https?$/ }

/** Answers GraphQL from the subgraphs of the other services. */
export const router = defineService({
  name: 'router',
  settings: standardSettings.extend({
    SUBGRAPH_VIOLATION_URL: z.url(http).default('http://violation:8104/graphql'),
    SUBGRAPH_COMPLIANCE_URL: z.url(http).default('http://compliance:8102/graphql'),
    SUBGRAPH_ML_SCORING_URL: z.url(http).default('http://ml-scoring:8103/graphql'),
    SUBGRAPH_ALERTING_URL: z.url(http).default('http://alerting:8105/graphql'),
    SUBGRAPH_TENANT_URL: z.url(http).default('http://tenant:8106/graphql'),
    SUBGRAPH_TIMEOUT_MS: z.coerce.number().int().min(100).max(60_000).default(10_000),
    /** Fields an answer may hold at the most, by the query's own bounds. */
    QUERY_COST_MAX: z.coerce.number().int().min(100).default(10_000),
    QUERY_DEPTH_MAX: z.coerce.number().int().min(3).default(12),
    QUERY_ALIASES_MAX: z.coerce.number().int().min(1).default(30),
    BATCH_OPERATIONS_MAX: z.coerce.number().int().min(1).max(100).default(10),
    /** Lets the schema be asked for and serves an explorer at `/explorer` of the service's own port: for development. */
    GRAPHQL_EXPLORER: z.stringbool().default(false),
  }),
  async start({ settings, tenants, scope, log, registry }) {
    // The gateway would report on itself to its maker, and ask every cloud there is whether it runs there.
    process.env['APOLLO_TELEMETRY_DISABLED'] = 'true'
    const directory = await tenants()
    const urls: Readonly<Record<string, string>> = {
      violation: settings.SUBGRAPH_VIOLATION_URL,
      compliance: settings.SUBGRAPH_COMPLIANCE_URL,
      'ml-scoring': settings.SUBGRAPH_ML_SCORING_URL,
      alerting: settings.SUBGRAPH_ALERTING_URL,
      tenant: settings.SUBGRAPH_TENANT_URL,
    }
    const gateway = new ApolloGateway({
      supergraphSdl: await readFile(new URL('../supergraph.graphql', import.meta.url), 'utf8'),
      buildService: ({ name, url }) => subgraphSource(urls[name] ?? url ?? '', settings.SUBGRAPH_TIMEOUT_MS),
      logger: libraryLogger(log),
    })
    const server = await openGraphqlServer<RouterContext>({
      source: { gateway },
      directory,
      log,
      registry,
      scope,
      context: (_caller, headers) => ({ passedOn: passedOnOf(headers) }),
      introspection: settings.GRAPHQL_EXPLORER,
      plugins: [limitCost<RouterContext>(settings.QUERY_COST_MAX)],
      validationRules: [
        maxDepthRule({ n: settings.QUERY_DEPTH_MAX, ignoreIntrospection: true }),
        maxAliasesRule({ n: settings.QUERY_ALIASES_MAX }),
      ],
      batchSizeMax: settings.BATCH_OPERATIONS_MAX,
    })
    const explorer = settings.GRAPHQL_EXPLORER ? await openExplorer() : undefined
    return {
      routes(app) {
        server.mount(app)
        if (explorer !== undefined) app.use('/explorer', explorer)
      },
    }
  },
})
