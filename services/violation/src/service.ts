import { eventScored } from '@ott/contracts/event-scored'
import { openSubgraph } from '@ott/graphql/subgraph'
import { defineService } from '@ott/service/define-service'
import { standardSettings } from '@ott/service/settings'
import { z } from 'zod'
import { addCaseRoutes } from './cases/case-routes.ts'
import { openCases } from './cases/open-cases.ts'
import { openDecisionLog } from './decision-log/open-decision-log.ts'
import { addEventRoutes } from './event-routes.ts'
import { violationStage } from './stage.ts'
import { createLoaders } from './subgraph/loaders.ts'
import { resolvers, type ViolationContext } from './subgraph/resolvers.ts'

/** Keeps what was decided about every event, and the violations that it opens: cases that people work. */
export const violation = defineService({
  name: 'violation',
  settings: standardSettings.extend({
    /** PKCS #8 of the Ed25519 key by which checkpoints of the decision log are signed, in base64. Without it there are none. */
    DECISION_LOG_SIGNING_KEY: z.string().max(1_000).optional(),
    /** SubjectPublicKeyInfo of keys that signed before, in base64, separated by commas. */
    DECISION_LOG_RETIRED_KEYS: z.string().max(10_000).default(''),
  }),
  async start({ settings, database: openDatabase, tenants, stage, bus, scope, log, registry }) {
    const database = openDatabase()
    const directory = await tenants()
    const decisionLog = openDecisionLog({ database, directory, settings, log, registry, scope })
    await stage(violationStage(directory, Date.now, decisionLog.admit), { topics: [eventScored.topic] })
    openCases({ database, bus, tenantIds: () => directory.all().map(({ tenantId }) => tenantId), nowMs: Date.now, log, registry, scope })
    const subgraph = await openSubgraph<ViolationContext>({
      schemaFile: new URL('./subgraph/schema.graphql', import.meta.url),
      resolvers,
      context: (caller) => ({ caller, database, loaders: createLoaders(database, caller.tenantId), nowMs: Date.now }),
      directory,
      log,
      registry,
      scope,
    })
    return {
      routes(app) {
        addEventRoutes(app, { directory, database })
        addCaseRoutes(app, { directory, database, nowMs: Date.now })
        decisionLog.routes(app)
        subgraph.mount(app)
      },
    }
  },
})
