import type { ProblemCode } from '@ott/contracts/problem-titles'

export type RuleSetStatus = 'draft' | 'shadow' | 'published' | 'retired'
export type RuleSetAction = 'shadow' | 'approve' | 'publish' | 'retire'
export const ruleSetActions = ['shadow', 'approve', 'publish', 'retire'] as const satisfies readonly RuleSetAction[]

/** What a transition depends on. */
export interface TransitionState {
  readonly status: RuleSetStatus
  /** Keys that wrote it. */
  readonly authors: readonly string[]
  readonly approvedBy: string | null
  /** Why the approver lets it be published without evidence. */
  readonly withoutEvidence: string | null
  readonly wasInShadow: boolean
  readonly wasPublished: boolean
  readonly hasFinishedBacktest: boolean
  /** How many of the tenant's rule sets are in shadow. */
  readonly shadows: number
}

/** A transition that may not be made, and why. */
export interface Refusal {
  readonly code: ProblemCode
  readonly detail: string
}

/** Each shadow judges every event of its tenant. */
export const shadowsMax = 32

/**
 * Why an action may not be taken; undefined when it may.
 *
 * draft → shadow → published → retired, where shadow may be left out, and a retired one that was published may be published again: its
 * approval and its evidence are still those of the same rules, since beyond the draft nothing changes.
 */
export function refusalOf(action: RuleSetAction, state: TransitionState, keyId: string): Refusal | undefined {
  const { status } = state
  const conflict = (detail: string): Refusal => ({ code: 'conflict', detail })
  switch (action) {
    case 'shadow':
      if (status !== 'draft') return conflict(`only a draft can be put into shadow, and it is ${statusWords[status]}`)
      return state.shadows >= shadowsMax ? conflict(`${shadowsMax} rule sets are in shadow already`) : undefined
    case 'approve':
      if (status !== 'draft' && status !== 'shadow') return conflict(`only what is to be published is approved, and it is ${statusWords[status]}`)
      return state.authors.includes(keyId) ? { code: 'self-approval', detail: 'it must be approved with another API key than those that wrote it' } : undefined
    case 'publish':
      if (status === 'published') return conflict('it is published already')
      if (status === 'retired' && !state.wasPublished) return conflict('it was retired before it was ever published: make a new one')
      if (state.approvedBy === null) return { code: 'not-approved', detail: 'another API key than those that wrote it must approve it first' }
      if (state.wasInShadow || state.hasFinishedBacktest || state.withoutEvidence !== null) return undefined
      return { code: 'no-evidence', detail: 'put it into shadow or backtest it first, or have it approved with "withoutEvidence" and a reason' }
    case 'retire':
      return status === 'retired' ? conflict('it is retired already') : undefined
  }
}

const statusWords: Readonly<Record<RuleSetStatus, string>> = { draft: 'a draft', shadow: 'in shadow', published: 'published', retired: 'retired' }
