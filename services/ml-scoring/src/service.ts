import { eventAssessed } from '@ott/contracts/event-assessed'
import { openSubgraph } from '@ott/graphql/subgraph'
import { defineService } from '@ott/service/define-service'
import { standardSettings } from '@ott/service/settings'
import { z } from 'zod'
import { createProfileStore } from './profile-store.ts'
import { scoringStage } from './stage.ts'
import { resolvers, scoringContext, type ScoringContext } from './subgraph/resolvers.ts'

/** Scores how risky each viewer's behaviour is. */
export const mlScoring = defineService({
  name: 'ml-scoring',
  settings: standardSettings.extend({
    /** How often changed profiles are written down, in ms: bounds what is worked through again after a crash. */
    SNAPSHOT_INTERVAL_MS: z.coerce.number().int().min(100).max(600_000).default(3_000),
  }),
  async start({ settings, bus, database: openDatabase, tenants, stage, scope, log, registry }) {
    const directory = await tenants()
    const database = openDatabase()
    const store = createProfileStore(database, () => directory.all().map(({ tenantId }) => tenantId), settings.SNAPSHOT_INTERVAL_MS)
    await stage(scoringStage(store), { topics: [eventAssessed.topic] })
    const partitions = async () => (await bus.endOffsets(eventAssessed.topic)).length
    const subgraph = await openSubgraph<ScoringContext>({
      schemaFile: new URL('./subgraph/schema.graphql', import.meta.url),
      resolvers,
      context: (caller) => scoringContext(database, partitions, caller),
      directory,
      log,
      registry,
      scope,
    })
    return { routes: (app) => subgraph.mount(app) }
  },
})
