import type { FieldProblem } from '@ott/contracts/result'
import { Problem } from '@ott/http/problem'
import type { Database } from '@ott/postgres/database'
import { checkRuleSet, type CheckedRuleSet, type ListedPack } from '@ott/regulations/check-rule-set'
import { composeRuleSet } from '@ott/regulations/compose-rule-set'
import { RegulationPackError } from '@ott/regulations/regulation-pack'
import type { RuleSetDefinition } from '@ott/regulations/rule-set-definition'
import type { YamlText } from '@ott/regulations/yaml-places'
import { toldProblems, type SentDefinition } from './read-definition.ts'
import type { BuiltinRules } from './rule-set-directory.ts'
import type { RuleSetAction } from './rule-set-transitions.ts'
import { changeRuleSet, createRuleSet, noSuchRuleSet, readRuleSet, takeAction, type Actor, type TenantRuleSet } from './tenant-rule-set-store.ts'

/** What a check of a rule set answers. */
export interface CheckResult {
  readonly ok: boolean
  readonly version: string | null
  readonly undecided: readonly string[]
  readonly problems: readonly FieldProblem[]
}

/** A draft as it was kept, and what keeps it from going anywhere, with the places in the text that was sent. */
export interface WrittenRuleSet {
  readonly ruleSet: TenantRuleSet
  readonly problems: readonly FieldProblem[]
}

/** What callers do with their rule sets, over REST or GraphQL. */
export interface RuleSetActions {
  /** Keeps a draft, also one whose rules don't compile yet: `version` is null then. */
  create(actor: Actor, sent: SentDefinition): Promise<WrittenRuleSet>
  change(actor: Actor, id: string, revision: number, sent: SentDefinition): Promise<WrittenRuleSet>
  check(tenantId: string, id: string): Promise<CheckResult>
  /** Checks, makes the transition and tells every process. A Problem says what is missing. */
  take(actor: Actor, action: RuleSetAction, id: string, withoutEvidence?: string): Promise<TenantRuleSet>
}

export interface RuleSetActionsOptions {
  readonly database: Database
  readonly builtin: BuiltinRules
  readonly listed: readonly ListedPack[]
  announce(tenantId: string): Promise<void>
}

export function ruleSetActions({ database, builtin, listed, announce }: RuleSetActionsOptions): RuleSetActions {
  const found = async (tenantId: string, id: string) => {
    const ruleSet = await readRuleSet(database, tenantId, id)
    if (ruleSet === undefined) throw noSuchRuleSet()
    return ruleSet
  }
  const versionOf = (definition: RuleSetDefinition, tenantId: string): string | null => {
    const composed = refusalsOf(() => composeRuleSet(builtin.packs, definition, tenantId, { onUnknown: () => undefined }))
    return 'value' in composed ? composed.value.version : null
  }
  const checked = (definition: RuleSetDefinition, tenantId: string, yaml?: YamlText) => refusalsOf<CheckedRuleSet>(() => checkRuleSet(builtin.packs, listed, definition, tenantId), yaml)
  const written = async (tenantId: string, { definition, yaml }: SentDefinition, keep: (version: string | null) => Promise<TenantRuleSet>): Promise<WrittenRuleSet> => {
    const ruleSet = await keep(versionOf(definition, tenantId))
    const result = checked(definition, tenantId, yaml)
    return { ruleSet, problems: 'problems' in result ? result.problems : [] }
  }
  return {
    create: (actor, sent) => written(actor.tenantId, sent, (version) => createRuleSet(database, actor, sent.definition, version)),
    async change(actor, id, revision, sent) {
      await found(actor.tenantId, id)
      return written(actor.tenantId, sent, (version) => changeRuleSet(database, actor, id, revision, sent.definition, version))
    },
    async check(tenantId, id) {
      const result = checked((await found(tenantId, id)).definition, tenantId)
      if ('problems' in result) return { ok: false, version: null, undecided: [], problems: result.problems }
      return { ok: true, version: result.value.rules.version, undecided: result.value.undecided, problems: [] }
    },
    async take(actor, action, id, withoutEvidence) {
      const known = await found(actor.tenantId, id)
      let { version } = known
      if (action !== 'retire') {
        const result = checked(known.definition, actor.tenantId)
        if ('problems' in result) throw new Problem(422, 'invalid-rules', 'its rules were refused; errors says where', { errors: result.problems })
        version = result.value.rules.version
      }
      const taken = await takeAction(database, actor, action, id, { revision: known.revision, version, withoutEvidence: withoutEvidence ?? null })
      if (!taken.announced) await announce(actor.tenantId)
      return taken
    },
  }
}

function refusalsOf<Value>(work: () => Value, yaml?: YamlText): { value: Value } | { problems: FieldProblem[] } {
  try {
    return { value: work() }
  } catch (error) {
    if (error instanceof RegulationPackError) return { problems: toldProblems(error.problems, yaml) }
    throw error
  }
}
