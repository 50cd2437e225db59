import { diffFindings, type ComparedFinding, type FindingDiff } from '@ott/regulations/diff-findings'

/** What a candidate would have decided otherwise about one event; a row also where it agrees, since those count. */
export interface ShadowRow {
  readonly table: 'shadow'
  readonly ruleSetId: string
  readonly ruleSetVersion: string
  readonly diff: FindingDiff
  readonly judged: true
}

/** Which candidate judged. */
export interface ShadowOf {
  readonly ruleSetId: string
  readonly ruleSetVersion: string
}

/** The row of one event and one candidate. Pure: for the stage's `decide`. */
export function shadowRowOf({ ruleSetId, ruleSetVersion }: ShadowOf, live: readonly ComparedFinding[], candidate: readonly ComparedFinding[]): ShadowRow {
  return { table: 'shadow', ruleSetId, ruleSetVersion, diff: diffFindings(live, candidate), judged: true }
}
