import type { Caller } from '@ott/graphql/caller'
import { idOf } from '@ott/graphql/list-page'
import type { SubgraphResolvers } from '@ott/graphql/subgraph'
import type { Database } from '@ott/postgres/database'
import DataLoader from 'dataloader'
import { readAssessments, type Assessment } from '../assessment-store.ts'
import { readRuleSets, type RuleSetRecord } from '../rule-set-store.ts'

/** What resolvers work with, made for one operation of one caller: whatever many fields ask for at once is one statement. */
export interface ComplianceContext {
  readonly versionInForce: string
  readonly assessments: DataLoader<string, Assessment | undefined>
  readonly ruleSets: DataLoader<string, RuleSetRecord | undefined>
}

const batchMax = 500

export function complianceContext(database: Database, versionInForce: string, { tenantId }: Caller): ComplianceContext {
  return {
    versionInForce,
    assessments: new DataLoader(
      async (ids) => {
        const found = await readAssessments(database, tenantId, ids)
        return ids.map((id) => found.get(id))
      },
      { maxBatchSize: batchMax },
    ),
    ruleSets: new DataLoader(
      async (versions) => {
        const found = await readRuleSets(database, versions)
        return versions.map((version) => found.get(version))
      },
      { maxBatchSize: batchMax },
    ),
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
