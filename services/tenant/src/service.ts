import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import { openSubgraph } from '@ott/graphql/subgraph'
import { defineService } from '@ott/service/define-service'
import { standardSettings } from '@ott/service/settings'
import { countKeyRotations } from '@ott/telemetry/key-rotation-telemetry'
import { z } from 'zod'
import { addApiKeyRoutes } from './api-key-routes.ts'
import { ensureFirstTenants } from './first-tenants.ts'
import { publishConfigurations } from './publish-configuration.ts'
import { resolvers, type TenantContext } from './subgraph/resolvers.ts'
import { addTenantRoutes } from './tenant-routes.ts'
import { createTenantStore } from './tenant-store.ts'

/** Owns the tenants and tells every other service how each is configured. */
export const tenant = defineService({
  name: 'tenant',
  settings: standardSettings.extend({
    /** Where the first tenants' keys are written on first start, mode 0600. */
    CREDENTIALS_FILE: z.string().min(1),
  }),
  async start({ settings, bus, database, tenants, scope, log, registry }) {
    countKeyRotations(registry)
    const store = createTenantStore(database())
    await ensureFirstTenants(store, settings.CREDENTIALS_FILE)
    const configurations = await Promise.all((await store.ids()).map((id) => store.read(id)))
    await publishConfigurations(bus, configurations.filter((found) => found !== undefined), settings.KAFKA_PARTITIONS, Date.now())
    const directory = await tenants()
    const subgraph = await openSubgraph<TenantContext>({
      schemaFile: new URL('./subgraph/schema.graphql', import.meta.url),
      resolvers,
      context: (caller) => ({ caller, store }),
      directory,
      log,
      registry,
      scope,
    })
    return {
      routes(app) {
        const publish = (configuration: TenantConfiguration) => publishConfigurations(bus, [configuration], settings.KAFKA_PARTITIONS, Date.now())
        addTenantRoutes(app, { directory, store, publish })
        addApiKeyRoutes(app, { directory, store, publish })
        subgraph.mount(app)
      },
    }
  },
})
