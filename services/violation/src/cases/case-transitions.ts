import type { ViolationChange, ViolationStatus } from '@ott/contracts/violation-changed'

/** What a person may do to move a case on. */
export const caseActions = ['acknowledge', 'review', 'resolve', 'false-positive', 'reopen'] as const
export type CaseAction = (typeof caseActions)[number]

/** Where each action leads, and what it is told as. */
const targets: Readonly<Record<CaseAction, { readonly status: ViolationStatus; readonly change: ViolationChange }>> = {
  acknowledge: { status: 'acknowledged', change: 'acknowledged' },
  review: { status: 'in_review', change: 'review_started' },
  resolve: { status: 'resolved', change: 'resolved' },
  'false-positive': { status: 'false_positive', change: 'false_positive' },
  reopen: { status: 'open', change: 'reopened' },
}

/** How far a case is in each state; the last two close it. */
const ranks: Readonly<Record<ViolationStatus, number>> = { open: 0, acknowledged: 1, in_review: 2, resolved: 3, false_positive: 3 }

export type Transition =
  | { readonly kind: 'moved'; readonly status: ViolationStatus; readonly change: ViolationChange }
  /** It is there already. */
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly status: ViolationStatus; readonly detail: string }

/** From any state to any later one; out of a closed one only by reopening it. Pure. */
export function transitionOf(from: ViolationStatus, action: CaseAction): Transition {
  const { status, change } = targets[action]
  if (from === status) return { kind: 'unchanged' }
  const isAllowed = action === 'reopen' ? ranks[from] === ranks.resolved : ranks[from] < ranks[status]
  if (isAllowed) return { kind: 'moved', status, change }
  return { kind: 'refused', status: from, detail: action === 'reopen' ? `it is ${from}: only what was closed can be reopened` : `it is ${from} and can't become ${status}` }
}
