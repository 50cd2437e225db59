import { ApolloServer, type ApolloServerOptions, type ApolloServerPlugin } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import { expressMiddleware } from '@as-integrations/express5'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { authenticate } from '@ott/http/authenticate'
import { Problem } from '@ott/http/problem'
import type { Logger } from '@ott/telemetry/logger'
import type { Registry } from '@ott/telemetry/metrics'
import express, { type Express, type RequestHandler } from 'express'
import type { GraphQLSchema, ValidationRule } from 'graphql'
import { callerOf, type Caller } from './caller.ts'
import { errorFormatter } from './graphql-errors.ts'
import { libraryLogger } from './library-logger.ts'
import { measureOperations } from './measure-operations.ts'

/** What looks at operations before they are carried out. */
export type GraphqlPlugin<Context extends object> = ApolloServerPlugin<Context>

export interface GraphqlServerOptions<Context extends object> {
  /** What answers: a schema of its own, or a gateway before others. */
  readonly source: { readonly schema: GraphQLSchema } | { readonly gateway: NonNullable<ApolloServerOptions<Context>['gateway']> }
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'keyIdOf' | 'isCaughtUp'>
  readonly log: Logger
  readonly registry: Registry
  /** Ends it with what opened it. */
  readonly scope: AsyncDisposableStack
  /** What resolvers get: made anew for each operation, so that nothing is shared between callers. */
  context(caller: Caller, headers: Readonly<Record<string, string | string[] | undefined>>): Context
  /** Whether the schema tells about itself. Default: no. */
  readonly introspection?: boolean
  readonly plugins?: readonly GraphqlPlugin<Context>[]
  readonly validationRules?: readonly ValidationRule[]
  /** Operations one request may hold. Default: 1. */
  readonly batchSizeMax?: number
}

export interface GraphqlServer {
  /** Adds `POST /graphql`. Who sends no valid key gets 401 before the query is looked at. */
  mount(app: Express): void
}

/** Far more than any query a person writes; a parser's work grows with it. */
const tokensMax = 5_000
const bodyBytesMax = 262_144

/** Opens a GraphQL endpoint: over HTTP as the GraphQL-over-HTTP specification says, authenticated as REST is, and bounded. */
export async function openGraphqlServer<Context extends object>(options: GraphqlServerOptions<Context>): Promise<GraphqlServer> {
  const { source, directory, log, registry, scope, context, introspection = false, plugins = [], validationRules = [], batchSizeMax = 1 } = options
  const server = new ApolloServer<Context>({
    ...source,
    introspection,
    hideSchemaDetailsFromClientErrors: !introspection,
    formatError: errorFormatter(log),
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: batchSizeMax > 1,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: tokensMax },
    validationRules: [...validationRules],
    logger: libraryLogger(log),
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      measureOperations<Context>(registry),
      ...plugins,
    ],
  } as ApolloServerOptions<Context>)
  await server.start()
  scope.defer(() => server.stop())
  const answer = expressMiddleware(server, {
    context: async ({ req, res }) => context(callerOf(req, res, directory), req.headers),
  })
  return {
    mount: (app) => void app.post('/graphql', authenticate(directory), express.json({ limit: bodyBytesMax }), boundBatch(batchSizeMax), answer),
  }
}

function boundBatch(batchSizeMax: number): RequestHandler {
  return (request, _response, next) => {
    const body: unknown = request.body
    if (Array.isArray(body) && (body.length === 0 || body.length > batchSizeMax)) {
      throw new Problem(400, 'invalid-request', batchSizeMax === 1 ? 'send one operation, not a list' : `a list must hold 1 to ${batchSizeMax} operations`)
    }
    next()
  }
}
