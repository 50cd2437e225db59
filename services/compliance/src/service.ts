import { eventAccepted } from '@ott/contracts/event-accepted'
import { openSubgraph } from '@ott/graphql/subgraph'
import { sleep } from '@ott/pipeline/back-off'
import { compileRuleSet } from '@ott/regulations/compile-rule-set'
import { loadPacks } from '@ott/regulations/load-packs'
import { defineService } from '@ott/service/define-service'
import { standardSettings } from '@ott/service/settings'
import { recordRuleSet, summariesOf } from './rule-set-store.ts'
import { complianceStage } from './stage.ts'
import { complianceContext, resolvers, type ComplianceContext } from './subgraph/resolvers.ts'

/** Judges every accepted event against the regulation packs. */
export const compliance = defineService({
  name: 'compliance',
  settings: standardSettings,
  async start({ stage, database: openDatabase, tenants, scope, log, registry }) {
    const packs = await loadPacks()
    const rules = compileRuleSet(packs)
    log.info({ ruleSetVersion: rules.version }, 'rule set in force')
    const database = openDatabase()
    const directory = await tenants()
    await stage(complianceStage(rules), { topics: [eventAccepted.topic] })

    // Judging needs no database, and doesn't wait for it.
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
