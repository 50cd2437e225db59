import { isClosed, isOngoing, type ViolationCase } from './violation-case.ts'

/**
 * Which of a viewer's cases of one rule a piece of evidence belongs to, by its event time; undefined: to a new one. Pure.
 *
 * 1. The latest case begun by then that takes it: the evidence is within the window of its last evidence, and not after somebody closed it.
 * 2. The next case begun after it, when the evidence is within the window before: it came late.
 * 3. The ongoing case, however early the evidence is: there is one at a time.
 */
export function incidentOf(cases: readonly ViolationCase[], atMs: number, windowMs: number): ViolationCase | undefined {
  const inOrder = [...cases].sort((a, b) => a.openedAtMs - b.openedAtMs || (a.id < b.id ? -1 : 1))
  const begun = inOrder.findLast((one) => one.openedAtMs <= atMs && atMs - one.lastEvidenceAtMs <= windowMs && isBeforeClose(one, atMs))
  if (begun !== undefined) return begun
  const next = inOrder.find(({ openedAtMs }) => openedAtMs > atMs)
  if (next !== undefined && next.openedAtMs - atMs <= windowMs && isBeforeClose(next, atMs)) return next
  return inOrder.find((one) => isOngoing(one) && one.openedAtMs > atMs)
}

function isBeforeClose({ closedAtMs }: ViolationCase, atMs: number): boolean {
  return closedAtMs === undefined || atMs <= closedAtMs
}

/**
 * A case with one more piece of evidence: whether it is prolonged, and resumes. One that is closed keeps the evidence and stays as it is; one whose incident had ended resumes only
 * when no other goes on.
 */
export function withEvidence(violation: ViolationCase, atMs: number, others: readonly ViolationCase[]): { readonly violation: ViolationCase; readonly isResumed: boolean } {
  if (isClosed(violation)) return { violation, isResumed: false }
  const isResumed = violation.isIncidentEnded && atMs > violation.lastEvidenceAtMs && !others.some(isOngoing)
  const lastEvidenceAtMs = Math.max(violation.lastEvidenceAtMs, atMs)
  return { violation: { ...violation, lastEvidenceAtMs, isIncidentEnded: violation.isIncidentEnded && !isResumed }, isResumed }
}
