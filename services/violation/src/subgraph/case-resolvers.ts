import type { Severity } from '@ott/contracts/severity'
import { refusal } from '@ott/graphql/graphql-errors'
import { idOf, readFirst } from '@ott/graphql/list-page'
import type { ViolationItem } from '../cases/case-item.ts'
import { addComment, type CommentItem } from '../cases/case-store.ts'
import type { CaseAction } from '../cases/case-transitions.ts'
import { moveCase, patchCase, type Act, type ActOutcome } from '../cases/change-case.ts'
import type { ViolationContext } from './resolvers.ts'

interface ActArguments {
  readonly id: string
  readonly reason?: string | null
  readonly version?: number | null
}

const moves = (action: CaseAction) => async (_root: unknown, given: ActArguments, context: ViolationContext) => violationOf(await moveCase(context.database, actOf(given, context), action))

/** What people do with cases: see schema.graphql. */
export const caseMutations = {
  acknowledgeViolation: moves('acknowledge'),
  startReview: moves('review'),
  resolveViolation: moves('resolve'),
  markFalsePositive: moves('false-positive'),
  reopenViolation: moves('reopen'),
  async assignViolation(_root: unknown, { assignee, ...given }: ActArguments & { assignee?: string | null }, context: ViolationContext): Promise<ViolationItem> {
    const name = assignee === null || assignee === undefined ? null : textOf('assignee', assignee, 200)
    return violationOf(await patchCase(context.database, actOf(given, context), { assignee: name }))
  },
  async setViolationSeverity(_root: unknown, { severity, ...given }: ActArguments & { severity: Severity }, context: ViolationContext): Promise<ViolationItem> {
    return violationOf(await patchCase(context.database, actOf(given, context), { severity }))
  },
  async commentOnViolation(_root: unknown, { id, text }: { id: string; text: string }, context: ViolationContext): Promise<CommentItem> {
    const comment = await addComment(context.database, actOf({ id }, context), textOf('text', text, 10_000))
    if (comment === undefined) throw noSuchViolation()
    return comment
  },
}

/** Fields of a violation that are read when they are asked for. */
export const caseFields = {
  previous: ({ previousId }: ViolationItem, _none: unknown, { loaders }: ViolationContext) => (previousId === null ? null : loaders.violations.load(previousId)),
  dueTimes: ({ acknowledgeDueAt, resolveDueAt, overdue }: ViolationItem) => ({
    acknowledgeBy: acknowledgeDueAt,
    resolveBy: resolveDueAt,
    isAcknowledgeOverdue: overdue.includes('acknowledge'),
    isResolveOverdue: overdue.includes('resolve'),
  }),
  history: ({ id }: ViolationItem, { first }: { first: number }, { loaders }: ViolationContext) => loaders.historyOf(id, readFirst(first)),
  comments: ({ id }: ViolationItem, { first }: { first: number }, { loaders }: ViolationContext) => loaders.commentsOn(id, readFirst(first)),
}

function actOf({ id, reason, version }: ActArguments, { caller, nowMs }: ViolationContext): Act {
  const said = reason === null || reason === undefined ? undefined : textOf('reason', reason, 2_000)
  return { tenantId: caller.tenantId, id: idOf(id), by: caller.keyId, nowMs: nowMs(), ifVersion: version ?? undefined, reason: said }
}

function violationOf(outcome: ActOutcome): ViolationItem {
  if (outcome.kind === 'unknown') throw noSuchViolation()
  if (outcome.kind === 'stale') throw refusal('CONFLICT', `the violation is at version ${outcome.version} by now`)
  if (outcome.kind === 'refused') throw refusal('CONFLICT', outcome.detail)
  return outcome.violation
}

function noSuchViolation() {
  return refusal('NOT_FOUND', 'there is no violation of this id')
}

/** A person's words, as the database can take them. */
function textOf(field: string, given: string, charactersMax: number): string {
  const text = given.replaceAll('\u0000', '').toWellFormed().trim()
  if (text.length === 0 || text.length > charactersMax) throw refusal('BAD_USER_INPUT', `${field}: must be 1 to ${charactersMax} characters`)
  return text
}
