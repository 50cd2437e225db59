import type { Caller } from '@ott/graphql/caller'
import { idOf, listPageOf, readFirst, readListArguments } from '@ott/graphql/list-page'
import { loadTogether, type Loader } from '@ott/graphql/load-together'
import type { SubgraphResolvers } from '@ott/graphql/subgraph'
import type { Database } from '@ott/postgres/database'
import { readAssessments, type Assessment } from '../assessment-store.ts'
import { readRuleSets, type RuleSetRecord } from '../rule-set-store.ts'
import type { RuleSets } from '../rulesets/open-rule-sets.ts'
import { findRules, shownRegulation, type Regulations } from '../rulesets/regulations.ts'
import type { RuleSetActions } from '../rulesets/rule-set-actions.ts'
import type { RuleSetStatus } from '../rulesets/rule-set-transitions.ts'
import { cursorOf, listRuleSets, readRuleSet, readTransitions, type TenantRuleSet } from '../rulesets/tenant-rule-set-store.ts'
import { transition } from './rule-set-nodes.ts'

/** What resolvers work with, made for one operation of one caller. */
export interface ComplianceContext {
  readonly caller: Caller
  readonly database: Database
  readonly regulations: Regulations
  readonly ruleSetActions: RuleSetActions
  readonly inForce: RuleSets['inForce']
  readonly publishedId: string | undefined
  readonly nowMs: () => number
  readonly assessments: Loader<Assessment>
  readonly ruleSets: Loader<RuleSetRecord>
}

export interface ComplianceParts {
  readonly database: Database
  readonly ruleSets: Pick<RuleSets, 'regulations' | 'actions' | 'inForce' | 'directory'>
  nowMs(): number
}

export function complianceContext({ database, ruleSets, nowMs }: ComplianceParts, caller: Caller): ComplianceContext {
  const { tenantId } = caller
  return {
    caller,
    database,
    regulations: ruleSets.regulations,
    ruleSetActions: ruleSets.actions,
    inForce: ruleSets.inForce,
    publishedId: ruleSets.directory.publishedId(tenantId),
    nowMs,
    assessments: loadTogether((ids) => readAssessments(database, tenantId, ids)),
    ruleSets: loadTogether((versions) => readRuleSets(database, tenantId, versions)),
  }
}

interface ListArguments {
  readonly first: number
  readonly after?: string | null
  readonly status?: RuleSetStatus | null
}

interface RuleArguments {
  readonly first: number
  readonly regulation?: string | null
  readonly eventType?: string | null
  readonly country?: string | null
}

interface Reference {
  readonly id: string
}

/** See schema.graphql. Names that a type and its row share need no resolver. */
export const resolvers = {
  Query: {
    ruleSet: (_root: unknown, { version }: { version?: string | null }, { ruleSets, inForce, caller }: ComplianceContext) =>
      ruleSets.load(idOf(version ?? inForce(caller.tenantId).live.version)),
    regulations: (_root: unknown, _none: unknown, { regulations }: ComplianceContext) => [...regulations.values()].map(shownRegulation),
    regulation: (_root: unknown, { id }: { id: string }, { regulations }: ComplianceContext) => {
      const pack = regulations.get(id)
      return pack && shownRegulation(pack)
    },
    rules: (_root: unknown, { regulation, eventType, country, first }: RuleArguments, { regulations }: ComplianceContext) =>
      findRules(regulations, { regulation: regulation ?? undefined, eventType: eventType ?? undefined, country: country ?? undefined }).slice(0, readFirst(first)),
    rule: (_root: unknown, { id }: { id: string }, { regulations }: ComplianceContext) => findRules(regulations, { id })[0],
    async ruleSets(_root: unknown, { status, ...range }: ListArguments, { caller, database }: ComplianceContext) {
      const page = readListArguments(range)
      return listPageOf(await listRuleSets(database, caller.tenantId, status ?? undefined, page), page, cursorOf)
    },
    tenantRuleSet: (_root: unknown, { id }: { id: string }, { caller, database }: ComplianceContext) => readRuleSet(database, caller.tenantId, id),
  },
  Mutation: {
    shadowRuleSet: transition('shadow'),
    approveRuleSet: transition('approve'),
    publishRuleSet: transition('publish'),
    retireRuleSet: transition('retire'),
  },
  Regulation: {
    rules: ({ id }: { id: string }, _none: unknown, { regulations }: ComplianceContext) => findRules(regulations, { regulation: id }),
  },
  TenantRuleSet: {
    packs: ({ definition }: TenantRuleSet) => (definition.packs === 'all' ? null : definition.packs),
    overrides: ({ definition }: TenantRuleSet) => definition.overrides,
    isInForce: ({ id }: TenantRuleSet, _none: unknown, { publishedId }: ComplianceContext) => id === publishedId,
    createdAt: ({ createdAt }: TenantRuleSet) => createdAt.toISOString(),
    approvedAt: ({ approvedAt }: TenantRuleSet) => approvedAt?.toISOString() ?? null,
    publishedAt: ({ publishedAt }: TenantRuleSet) => publishedAt?.toISOString() ?? null,
    retiredAt: ({ retiredAt }: TenantRuleSet) => retiredAt?.toISOString() ?? null,
    transitions: async ({ id }: TenantRuleSet, _none: unknown, { caller, database }: ComplianceContext) =>
      (await readTransitions(database, caller.tenantId, id)).map((each) => ({ ...each, at: each.at.toISOString() })),
  },
  Event: {
    async findings({ id }: Reference, _none: unknown, { assessments }: ComplianceContext) {
      return (await assessments.load(idOf(id)))?.findings ?? []
    },
    async ruleSet({ id }: Reference, _none: unknown, { assessments, ruleSets }: ComplianceContext) {
      const assessment = await assessments.load(idOf(id))
      return assessment && ruleSets.load(assessment.ruleSetVersion)
    },
  },
  RuleSet: {
    __resolveReference: ({ version }: { version: string }, { ruleSets }: ComplianceContext) => ruleSets.load(idOf(version)),
  },
} satisfies SubgraphResolvers<ComplianceContext>
