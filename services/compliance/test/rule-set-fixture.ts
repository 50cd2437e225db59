import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import { topicCatalogue } from '@ott/contracts/topics'
import { callForTest } from '@ott/http/call-for-test'
import { serveForTest, type ServedApp } from '@ott/http/serve-for-test'
import type { ConfigurationAnnouncer } from '@ott/pipeline/announce-configuration'
import type { Bus } from '@ott/pipeline/bus'
import type { Database } from '@ott/postgres/database'
import { loadPacks } from '@ott/regulations/load-packs'
import { startAnnouncer } from '../src/rulesets/announce-rule-sets.ts'
import { addRegulationRoutes } from '../src/rulesets/regulation-routes.ts'
import { regulationsOf } from '../src/rulesets/regulations.ts'
import { ruleSetActions } from '../src/rulesets/rule-set-actions.ts'
import { builtinRules, followRuleSets, type BuiltinRules, type RuleSetDirectory } from '../src/rulesets/rule-set-directory.ts'
import { addRuleSetRoutes } from '../src/rulesets/rule-set-routes.ts'

export const packs = await loadPacks()
export const builtin = builtinRules(packs)

const keys = new Map<string, { tenant: TenantConfiguration; id: string }>(
  ['acme', 'globex'].flatMap((tenantId) => ['ann', 'ben', 'cat'].map((person) => [`key-of-${tenantId}-${person}`, { tenant: { tenantId } as TenantConfiguration, id: `${tenantId}-${person}` }])),
)
/** Two tenants with three keys each. */
export const callers = { findByKey: (key: string) => keys.get(key)?.tenant, keyIdOf: (key: string) => keys.get(key)?.id, isCaughtUp: () => true }

export function createConfigTopics(bus: Bus): Promise<void> {
  return bus.createTopics(topicCatalogue.filter(({ compacted }) => compacted), 1)
}

export interface Told {
  readonly refused: string[]
  readonly changed: string[]
}

/** A process that follows the rule sets. */
export async function aDirectory(bus: Bus, group: string, told: Told = { refused: [], changed: [] }, rules: BuiltinRules = builtin): Promise<RuleSetDirectory> {
  const directory = await followRuleSets({
    bus,
    group,
    builtin: rules,
    onInvalid: (detail) => told.refused.push(detail),
    onRefused: ({ ruleSetId }) => told.refused.push(ruleSetId),
    onChange: (tenantId, { version }) => told.changed.push(`${tenantId} ${version}`),
    onFatal: (error) => {
      throw error
    },
  })
  await until(() => directory.isCaughtUp())
  return directory
}

export function anAnnouncer(database: Database, bus: Bus, intervalMs = 3_600_000): Promise<ConfigurationAnnouncer> {
  return startAnnouncer({ database, bus, tenants: () => ['acme', 'globex'], intervalMs, onFault: () => undefined })
}

export async function until(holds: () => boolean, forMs = 10_000): Promise<number> {
  const startedMs = performance.now()
  while (!holds()) {
    if (performance.now() - startedMs > forMs) throw new Error('did not come to hold')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return performance.now() - startedMs
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown> & { code?: string; errors?: Record<string, unknown>[]; id: string }
}

export interface RuleSetApi extends AsyncDisposable {
  as(who: string, tenant?: string): (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
}

/** The routes of rule sets and regulations on a port of their own. */
export async function aRuleSetApi(database: Database, announce: (tenantId: string) => Promise<void>): Promise<RuleSetApi> {
  const actions = ruleSetActions({ database, builtin, listed: packs, announce })
  const app: ServedApp = await serveForTest({
    routes(express) {
      addRegulationRoutes(express, { directory: callers, regulations: regulationsOf(packs) })
      addRuleSetRoutes(express, { directory: callers, database, actions, nowMs: Date.now })
    },
  })
  return {
    as: (who, tenant = 'acme') => (method, path, body, headers = {}) =>
      callForTest(app.url, { method, path, body, headers: { 'x-api-key': `key-of-${tenant}-${who}`, ...headers } }) as Promise<Answer>,
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  }
}
