import { eventAccepted } from '@ott/contracts/event-accepted'
import { openSubgraph } from '@ott/graphql/subgraph'
import { loadPacks } from '@ott/regulations/load-packs'
import { defineService } from '@ott/service/define-service'
import { standardSettings } from '@ott/service/settings'
import { z } from 'zod'
import { startDeadlineClock } from './deadline-clock.ts'
import { openHistory } from './history.ts'
import { openRuleSets } from './rulesets/open-rule-sets.ts'
import { complianceStage } from './stage.ts'
import { complianceContext, resolvers, type ComplianceContext } from './subgraph/resolvers.ts'

/** Judges every accepted event by the rules its tenant has put in force. */
export const compliance = defineService({
  name: 'compliance',
  settings: standardSettings.extend({
    /** How late an event may arrive and still count for rules about several events, in ms; a missing answer is believed missing that much later. */
    EVENT_LATENESS_MS: z.coerce.number().int().min(0).max(30 * 86_400_000).default(86_400_000),
    /** How often it is looked for periods that have ended, in ms. */
    DEADLINE_CHECK_INTERVAL_MS: z.coerce.number().int().min(100).max(3_600_000).default(5_000),
    /** Backtests that run at once in this process. */
    BACKTESTS_AT_ONCE: z.coerce.number().int().min(0).max(8).default(1),
  }),
  async start({ settings, bus, stage, database: openDatabase, tenants, scope, log, registry, fail }) {
    const packs = await loadPacks()
    const database = openDatabase()
    const directory = await tenants()
    const ruleSets = await openRuleSets({ packs, bus, database, directory, log, registry, scope, fail })
    await stage(complianceStage({ inForce: ruleSets.inForce, latenessMs: settings.EVENT_LATENESS_MS }), { topics: [eventAccepted.topic] })

    const clock = startDeadlineClock({
      database,
      bus,
      tenants: () => directory.all().map(({ tenantId }) => tenantId),
      intervalMs: settings.DEADLINE_CHECK_INTERVAL_MS,
      nowMs: Date.now,
      onFault: (error) => log.warn({ error: String(error) }, 'periods that ended could not be told, repeating later'),
    })
    scope.defer(() => clock.stop())

    const history = openHistory({
      database,
      directory,
      ruleSets: ruleSets.known,
      latenessMs: settings.EVENT_LATENESS_MS,
      backtestsAtOnce: settings.BACKTESTS_AT_ONCE,
      log,
      scope,
    })

    const subgraph = await openSubgraph<ComplianceContext>({
      schemaFile: new URL('./subgraph/schema.graphql', import.meta.url),
      resolvers,
      context: (caller) => complianceContext({ database, ruleSets, nowMs: Date.now }, caller),
      directory,
      log,
      registry,
      scope,
    })
    return {
      routes(app) {
        ruleSets.routes(app)
        history.routes(app)
        subgraph.mount(app)
      },
    }
  },
})
