/** What officers made of a viewer's violation case. */
export interface JudgedCase {
  /** Event time of its first evidence, ms since the epoch. */
  readonly openedMs: number
  /** `open` until someone has decided. */
  readonly verdict: 'confirmed' | 'dismissed' | 'open'
}

/** What a viewer did, or turned out to have done. In any order. */
export interface ViewerOutcome {
  readonly cases: readonly JudgedCase[]
  /** Event times of the events that broke a rule, ms since the epoch. */
  readonly breachesMs: readonly number[]
}

/** By what windows are labelled. */
export type LabelSource = 'cases' | 'breaches'

/** How far after its last event a window is asked about. */
export const labelHorizonMs = 24 * 3_600_000

/** Of either verdict; from here on a validation part of 15 % holds seven of each at least. */
const verdictsMin = 50

/**
 * Cases as soon as people have decided enough of them both ways; until then breaches, a weak label (Ratner et al. 2017): the rules say themselves
 * what is against the law, so whether a viewer's next events break one can be learned without anybody's help.
 */
export function labelSourceOf(counts: { readonly confirmed: number; readonly dismissed: number }): LabelSource {
  return Math.min(counts.confirmed, counts.dismissed) >= verdictsMin ? 'cases' : 'breaches'
}

/**
 * Whether a window was followed by trouble: 1 or 0, or undefined when that can't be said yet.
 *
 * Only what comes **after** the window's last event counts, since the window holds its own findings and would be learned to repeat them.
 * By `cases`, a confirmed case makes it 1; one still open leaves it undecided; dismissed cases, or none, make it 0.
 * @param endMs event time of the window's last event, ms since the epoch
 * @param nowMs up to when outcomes are known. A window whose horizon ends later has no label, also when trouble came already: of the latest hours only the
 *   troubled ones would be known, and what is learned would be that the latest hours are trouble.
 */
export function labelOfWindow(
  endMs: number,
  { cases, breachesMs }: ViewerOutcome,
  { source, nowMs, horizonMs = labelHorizonMs }: { readonly source: LabelSource; readonly nowMs: number; readonly horizonMs?: number },
): 0 | 1 | undefined {
  if (endMs + horizonMs > nowMs) return undefined
  const follows = (atMs: number) => atMs > endMs && atMs <= endMs + horizonMs
  if (source === 'breaches') return breachesMs.some(follows) ? 1 : 0
  const verdicts = cases.filter(({ openedMs }) => follows(openedMs)).map(({ verdict }) => verdict)
  return verdicts.includes('confirmed') ? 1 : verdicts.includes('open') ? undefined : 0
}
