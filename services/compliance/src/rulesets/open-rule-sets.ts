import { randomUUID } from 'node:crypto'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import type { Bus } from '@ott/pipeline/bus'
import { untilCaughtUp } from '@ott/pipeline/follow-configuration'
import type { Database } from '@ott/postgres/database'
import type { RegulationPack } from '@ott/regulations/regulation-pack'
import type { Logger } from '@ott/telemetry/logger'
import { Counter, type Registry } from '@ott/telemetry/metrics'
import type { Express } from 'express'
import type { KnownRuleSets } from '../known-rule-sets.ts'
import { repeatUntilDone } from '../repeat-until-done.ts'
import { recordRuleSet, recordTenantRuleSet } from '../rule-set-store.ts'
import { startAnnouncer } from './announce-rule-sets.ts'
import { addRegulationRoutes } from './regulation-routes.ts'
import { regulationsOf, type Regulations } from './regulations.ts'
import { ruleSetActions, type RuleSetActions } from './rule-set-actions.ts'
import { builtinRules, followRuleSets, type BuiltinRules, type RuleSetDirectory } from './rule-set-directory.ts'
import { addRuleSetRoutes } from './rule-set-routes.ts'
import { tenantRuleSets } from './tenant-rule-sets.ts'

export interface OpenRuleSetsOptions {
  readonly packs: readonly RegulationPack[]
  readonly bus: Bus
  readonly database: Database
  readonly directory: TenantDirectory
  readonly log: Logger
  readonly registry: Registry
  readonly scope: AsyncDisposableStack
  fail(error: Error): void
}

/** A service's rule sets: what is in force, and what callers do with their own. */
export interface RuleSets {
  readonly builtin: BuiltinRules
  readonly regulations: Regulations
  readonly inForce: RuleSetDirectory['inForce']
  readonly known: KnownRuleSets
  readonly actions: RuleSetActions
  readonly directory: RuleSetDirectory
  routes(app: Express): void
}

const announceEveryMs = 5_000

/** Compiles the packs and follows the tenants' rule sets; returns when everything that was told so far is in force. */
export async function openRuleSets({ packs, bus, database, directory: tenants, log, registry, scope, fail }: OpenRuleSetsOptions): Promise<RuleSets> {
  const builtin = builtinRules(packs)
  const refused = new Counter({
    name: 'ott_rule_sets_refused_total',
    help: 'Published or shadow rule sets that did not compile in this process; what was in force before stayed.',
    labelNames: ['tenant'],
    registers: [registry],
  })
  // Judging needs no database, and doesn't wait for it: what is told to people is kept behind the work.
  const keep = createKeeper(log, scope)
  keep((nowMs) => recordRuleSet(database, builtin.rules, nowMs))
  log.info({ ruleSetVersion: builtin.rules.version }, 'rule set of the product compiled')

  const directory = await followRuleSets({
    bus,
    group: `rulesets.compliance.${randomUUID()}`,
    builtin,
    onInvalid: (detail) => log.error({ detail }, 'a rule set breaks its contract and was left out'),
    onRefused({ tenantId, ruleSetId, number }, error) {
      refused.inc({ tenant: tenantId })
      log.error({ tenantId, ruleSetId, number, error: error instanceof Error ? error.message.slice(0, 1_000) : 'unknown' }, 'a rule set does not compile here: what was in force before stays')
    },
    onChange(tenantId, rules) {
      log.info({ tenantId, ruleSetVersion: rules.version }, 'rule set in force')
      if (rules !== builtin.rules) keep((nowMs) => recordTenantRuleSet(database, tenantId, rules, nowMs))
    },
    onFatal: fail,
  })
  scope.defer(() => directory.stop())
  // What is decided by other rules than those in force stays decided.
  await untilCaughtUp(directory, "the tenants' rule sets")

  const announcer = await startAnnouncer({
    database,
    bus,
    tenants: () => tenants.all().map(({ tenantId }) => tenantId),
    intervalMs: announceEveryMs,
    onFault: (error) => log.warn({ error: String(error) }, 'rule sets could not be announced, repeating later'),
  })
  scope.defer(() => announcer.stop())
  const regulations = regulationsOf(packs)
  const actions = ruleSetActions({ database, builtin, listed: packs, announce: announcer.announce })
  return {
    builtin,
    regulations,
    inForce: directory.inForce,
    known: tenantRuleSets({ database, directory, builtin }),
    actions,
    directory,
    routes(app) {
      addRegulationRoutes(app, { directory: tenants, regulations })
      addRuleSetRoutes(app, { directory: tenants, database, actions, nowMs: Date.now })
    },
  }
}

type Keep = (work: (nowMs: number) => Promise<void>) => void

/** Does one after the other, each until it is done. */
function createKeeper(log: Logger, scope: AsyncDisposableStack): Keep {
  const stopping = new AbortController()
  let tail: Promise<void> = Promise.resolve()
  scope.defer(() => {
    stopping.abort()
    return tail
  })
  return (work) => {
    const nowMs = Date.now()
    tail = tail.then(() => repeatUntilDone(() => work(nowMs), stopping.signal, (error) => log.warn({ error: String(error) }, 'the rules in force could not be recorded, repeating')))
  }
}

