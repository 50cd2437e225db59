import { z } from 'zod'
import { defineEvent, tenantId, type EventOf } from './define-event.ts'

/** Where a rule set is told about: drafts are their authors' own business. */
export const toldRuleSetStatuses = ['shadow', 'published', 'retired'] as const

/**
 * A tenant's rule set as it stands. The topic is compacted by rule set. Of a tenant's published ones that of the highest sequence is in
 * force: the record of a newly published one changes the rules at once, and the one before may be told as retired later.
 */
export const ruleSetConfigured = defineEvent({
  type: 'com.ott.rule-set.configured.v1',
  topic: 'config.rulesets.v1',
  owner: 'compliance',
  description: "A tenant's rule set as it stands; of those published that of the highest sequence is in force.",
  data: z.looseObject({
    tenantId,
    ruleSetId: z.string().min(1).max(64),
    /** Counts the tenant's rule sets from 1. */
    number: z.number().int().min(1),
    name: z.string(),
    status: z.enum(toldRuleSetStatuses),
    /** Grows with every change of any of the tenant's rule sets. */
    sequence: z.number().int().min(1),
    /** Named after the rules as they were when it was last checked; who reads it names them by what it compiles. */
    version: z.string(),
    /** Packs, overrides and own rules; absent when it is retired. */
    definition: z.record(z.string(), z.unknown()).optional(),
  }),
})
export type RuleSetConfigured = EventOf<typeof ruleSetConfigured>
export type RuleSetConfiguration = RuleSetConfigured['data']
