import type { FederationShare } from './federation-run-store.ts'
import { membersMin, refusalByBudget, type FederationTerms, type SharedRounds } from './federation-terms.ts'
import type { Membership } from './membership-store.ts'

export interface ChosenMembers {
  readonly status: 'running' | 'failed'
  readonly shares: readonly Pick<FederationShare, 'tenantId' | 'status' | 'reason'>[]
}

/**
 * Who takes part in a run, and who doesn't and why. With fewer than three it fails before it has begun.
 * @param sharedOf rounds that a member has shared before
 */
export function chooseMembers(members: readonly Membership[], sharedOf: (tenantId: string) => readonly SharedRounds[], terms: FederationTerms): ChosenMembers {
  const refusals = members.map(({ tenantId, epsilonMax }) => refusalByBudget(epsilonMax, sharedOf(tenantId), terms))
  const left = refusals.filter((refusal) => refusal === undefined).length
  if (left >= membersMin) {
    return { status: 'running', shares: members.map(({ tenantId }, at) => ({ tenantId, status: refusals[at] === undefined ? 'taking-part' : 'left-out', reason: refusals[at] ?? null })) }
  }
  return { status: 'failed', shares: members.map(({ tenantId }, at) => ({ tenantId, status: 'left-out', reason: refusals[at] ?? tooFew })) }
}

/** Not how many there are: that is the others' business. */
export const tooFew = `fewer than ${membersMin} tenants could take part`
