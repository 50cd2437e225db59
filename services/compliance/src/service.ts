import { eventAccepted } from '@ott/contracts/event-accepted'
import { openSubgraph } from '@ott/graphql/subgraph'
import { sleep } from '@ott/pipeline/back-off'
import { compileRuleSet } from '@ott/regulations/compile-rule-set'
import { loadPacks } from '@ott/regulations/load-packs'
import { defineService } from '@ott/service/define-service'
import { standardSettings } from '@ott/service/settings'
import { z } from 'zod'
import { startDeadlineClock } from './deadline-clock.ts'
import { rulesInForce } from './rules-in-force.ts'
import { recordRuleSet, summariesOf } from './rule-set-store.ts'
import { complianceStage } from './stage.ts'
import { complianceContext, resolvers, type ComplianceContext } from './subgraph/resolvers.ts'

/** Judges every accepted event against the regulation packs. */
export const compliance = defineService({
  name: 'compliance',
  settings: standardSettings.extend({
    /** How late an event may arrive and still count for rules about several events, in ms; a missing answer is believed missing that much later. */
    EVENT_LATENESS_MS: z.coerce.number().int().min(0).max(30 * 86_400_000).default(86_400_000),
    /** How often it is looked for periods that have ended, in ms. */
    DEADLINE_CHECK_INTERVAL_MS: z.coerce.number().int().min(100).max(3_600_000).default(5_000),
  }),
  async start({ settings, bus, stage, database: openDatabase, tenants, scope, log, registry }) {
    const packs = await loadPacks()
    const rules = compileRuleSet(packs)
    log.info({ ruleSetVersion: rules.version }, 'rule set in force')
    const inForce = rulesInForce(rules)
    const database = openDatabase()
    const directory = await tenants()
    await stage(complianceStage({ inForce: () => inForce, latenessMs: settings.EVENT_LATENESS_MS }), { topics: [eventAccepted.topic] })

    const clock = startDeadlineClock({
      database,
      bus,
      tenants: () => directory.all().map(({ tenantId }) => tenantId),
      intervalMs: settings.DEADLINE_CHECK_INTERVAL_MS,
      nowMs: Date.now,
      onFault: (error) => log.warn({ error: String(error) }, 'periods that ended could not be told, repeating later'),
    })
    scope.defer(() => clock.stop())

    // Judging one event by itself needs no database, and doesn't wait for it.
    const stopping = new AbortController()
    const recording = repeatUntilDone(() => recordRuleSet(database, rules.version, summariesOf(packs), Date.now()), stopping.signal, (error) =>
      log.warn({ error: String(error) }, 'the rule set in force could not be recorded, repeating'),
    )
    scope.defer(() => {
      stopping.abort()
      return recording
    })

    const subgraph = await openSubgraph<ComplianceContext>({
      schemaFile: new URL('./subgraph/schema.graphql', import.meta.url),
      resolvers,
      context: (caller) => complianceContext(database, rules.version, caller),
      directory,
      log,
      registry,
      scope,
    })
    return { routes: (app) => subgraph.mount(app) }
  },
})

async function repeatUntilDone(work: () => Promise<void>, signal: AbortSignal, onFault: (error: unknown) => void): Promise<void> {
  while (!signal.aborted) {
    try {
      return await work()
    } catch (error) {
      onFault(error)
      await sleep(1_000, signal)
    }
  }
}
