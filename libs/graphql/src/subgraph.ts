import { readFile } from 'node:fs/promises'
import { buildSubgraphSchema, type GraphQLResolverMap } from '@apollo/subgraph'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import type { Logger } from '@ott/telemetry/logger'
import type { Registry } from '@ott/telemetry/metrics'
import { parse, type GraphQLSchema } from 'graphql'
import type { Caller } from './caller.ts'
import { openGraphqlServer, type GraphqlServer } from './graphql-server.ts'

export interface SubgraphOptions<Context extends object> {
  /** The `schema.graphql` beside the resolvers. */
  readonly schemaFile: URL
  readonly resolvers: SubgraphResolvers<Context>
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'keyIdOf' | 'isCaughtUp'>
  readonly log: Logger
  readonly registry: Registry
  /** Ends it with the service. */
  readonly scope: AsyncDisposableStack
  context(caller: Caller): Context
}

/** Resolvers by type and field; `__resolveReference` of a type finds an entity by its key. */
export type SubgraphResolvers<Context> = Readonly<Record<string, Readonly<Record<string, (parent: never, args: never, context: Context) => unknown>>>>

/** Opens a service's part of the federated graph, at `POST /graphql` of its own port. The router is its only caller. */
export async function openSubgraph<Context extends object>({ schemaFile, resolvers, context, ...rest }: SubgraphOptions<Context>): Promise<GraphqlServer> {
  const schema = subgraphSchema(await readFile(schemaFile, 'utf8'), resolvers)
  return openGraphqlServer<Context>({ ...rest, source: { schema }, context })
}

/** Throws when a resolver stands for no type or field of the schema: it would never be called. */
export function subgraphSchema<Context>(sdl: string, resolvers: SubgraphResolvers<Context>): GraphQLSchema {
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers as unknown as GraphQLResolverMap<Context> }])
  for (const [typeName, fields] of Object.entries(resolvers)) {
    const type = schema.getType(typeName)
    const known = type !== undefined && 'getFields' in type ? Object.keys(type.getFields()) : []
    for (const field of Object.keys(fields)) {
      if (field !== '__resolveReference' && !known.includes(field)) throw new Error(`there is a resolver for ${typeName}.${field}, and no such field`)
    }
  }
  return schema
}
