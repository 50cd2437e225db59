import type { Risk } from '@ott/contracts/event-scored'
import { learn, type Baseline } from './baseline.ts'
import { observationOf } from './observation.ts'
import { factorsOf, lessonOf, observe, type RiskProfile } from './risk-profile.ts'
import { score } from './risk-score.ts'

/** One event through the whole model: what it leaves behind, and the risk its viewer shows after it. */
export interface RiskJudgement {
  readonly profile: RiskProfile
  readonly baseline: Baseline
  readonly risk: Risk
}

/**
 * Judges one event. Pure: the same profile, baseline and event give the same judgement, byte for byte, and nothing
 * passed in is changed, so work can be thrown away and repeated.
 * @param profile what is known of the viewer; undefined for one never seen
 * @param baseline what is normal for the viewer's tenant; `priorBaseline` to begin with
 * @throws RangeError when the event's time can't be read
 */
export function judgeRisk(
  profile: RiskProfile | undefined,
  baseline: Baseline,
  event: { readonly type: string; readonly time: string; readonly data: object },
  findingsCount: number,
): RiskJudgement {
  const atMs = Date.parse(event.time)
  const lesson = lessonOf(profile, atMs)
  const learned = lesson === undefined ? baseline : learn(baseline, lesson)
  const observed = observe(profile, observationOf(event, findingsCount), atMs)
  return { profile: observed, baseline: learned, risk: score(factorsOf(observed, atMs), learned) }
}

/** The risk a viewer shows as of its latest event, without one more. Pure. */
export function riskOf(profile: RiskProfile, baseline: Baseline): Risk {
  return score(factorsOf(profile, profile.clockMs), baseline)
}
