import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import type { Caller } from '@ott/graphql/caller'
import type { SubgraphResolvers } from '@ott/graphql/subgraph'
import type { TenantStore } from '../tenant-store.ts'

export interface TenantContext {
  readonly caller: Caller
  readonly store: Pick<TenantStore, 'read'>
}

/** What the graph shows of a tenant: never a secret or a key's hash. */
interface TenantNode {
  readonly id: string
  readonly name: string
  readonly riskThreshold: number
  readonly ignoredEventTypes: readonly string[]
  readonly screening: string
  readonly webhookUrl: string | undefined
}

async function ownTenant({ caller, store }: TenantContext): Promise<TenantNode | undefined> {
  const found = await store.read(caller.tenantId)
  return found && nodeOf(found)
}

function nodeOf({ tenantId, name, riskThreshold, ignoredEventTypes, screening, webhook }: TenantConfiguration): TenantNode {
  return { id: tenantId, name, riskThreshold, ignoredEventTypes, screening: screening ?? 'mark', webhookUrl: webhook?.url }
}

/** See schema.graphql. */
export const resolvers = {
  Query: {
    tenant: (_root: unknown, _none: unknown, context: TenantContext) => ownTenant(context),
  },
  Tenant: {
    // Whatever id a reference names, a caller sees its own tenant or nothing.
    __resolveReference: ({ id }: { id: string }, context: TenantContext) => (id === context.caller.tenantId ? ownTenant(context) : undefined),
  },
} satisfies SubgraphResolvers<TenantContext>
