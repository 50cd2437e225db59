import { eventAccepted } from '@ott/contracts/event-accepted'
import { compileRuleSet } from '@ott/regulations/compile-rule-set'
import { loadPacks } from '@ott/regulations/load-packs'
import { defineService } from '@ott/service/define-service'
import { standardSettings } from '@ott/service/settings'
import { complianceStage } from './stage.ts'

/** Judges every accepted event against the regulation packs. */
export const compliance = defineService({
  name: 'compliance',
  settings: standardSettings,
  async start({ stage, log }) {
    const rules = compileRuleSet(await loadPacks())
    log.info({ ruleSetVersion: rules.version }, 'rule set in force')
    await stage(complianceStage(rules), { topics: [eventAccepted.topic] })
    return {}
  },
})
