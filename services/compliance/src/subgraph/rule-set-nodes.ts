import { refusal } from '@ott/graphql/graphql-errors'
import { Problem } from '@ott/http/problem'
import type { RuleSetAction } from '../rulesets/rule-set-transitions.ts'
import type { ComplianceContext } from './resolvers.ts'

/** A mutation that is a transition of a rule set. What is missing is told as a conflict that begins with the problem's code. */
export function transition(action: RuleSetAction) {
  return async (_root: unknown, { id, reason }: { id: string; reason?: string | null }, { caller, ruleSetActions, nowMs }: ComplianceContext) => {
    if (reason !== undefined && reason !== null && (reason.trim().length < 10 || reason.length > 1_000)) throw refusal('BAD_USER_INPUT', 'reason: must have 10 to 1,000 characters')
    try {
      return await ruleSetActions.take({ tenantId: caller.tenantId, keyId: caller.keyId, nowMs: nowMs() }, action, id.slice(0, 64), reason?.trim())
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (error.status === 404) throw refusal('NOT_FOUND', error.message)
      const places = (error.errors ?? []).slice(0, 5).map(({ field, problem, line, column }) => `${field}${line === undefined ? '' : ` (${line}:${column ?? 1})`}: ${problem}`)
      throw refusal('CONFLICT', [`${error.code}: ${error.message}`, ...places].join('; '))
    }
  }
}
