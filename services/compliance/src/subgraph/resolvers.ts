import type { Caller } from '@ott/graphql/caller'
import { idOf } from '@ott/graphql/list-page'
import { loadTogether, type Loader } from '@ott/graphql/load-together'
import type { SubgraphResolvers } from '@ott/graphql/subgraph'
import type { Database } from '@ott/postgres/database'
import { readAssessments, type Assessment } from '../assessment-store.ts'
import { readRuleSets, type RuleSetRecord } from '../rule-set-store.ts'

/** What resolvers work with, made for one operation of one caller. */
export interface ComplianceContext {
  readonly versionInForce: string
  readonly assessments: Loader<Assessment>
  readonly ruleSets: Loader<RuleSetRecord>
}

export function complianceContext(database: Database, versionInForce: string, { tenantId }: Caller): ComplianceContext {
  return {
    versionInForce,
    assessments: loadTogether((ids) => readAssessments(database, tenantId, ids)),
    ruleSets: loadTogether((versions) => readRuleSets(database, versions)),
  }
}

interface Reference {
  readonly id: string
}

/** See schema.graphql. Names that a type and its row share need no resolver. */
export const resolvers = {
  Query: {
    ruleSet: (_root: unknown, { version }: { version?: string | null }, { ruleSets, versionInForce }: ComplianceContext) => ruleSets.load(idOf(version ?? versionInForce)),
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
