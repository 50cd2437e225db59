import type { Baseline } from '@ott/anomaly/baseline'
import { judgeRisk, riskOf, type RiskJudgement } from '@ott/anomaly/judge-risk'
import type { RiskProfile } from '@ott/anomaly/risk-profile'
import type { Risk } from '@ott/contracts/event-scored'

/** What turns a viewer's profile into a risk: the one place where another model goes in. Pure. */
export interface RiskModel {
  /** One event: what it leaves behind, and the risk its viewer shows after it. */
  judge(profile: RiskProfile | undefined, baseline: Baseline, event: { readonly type: string; readonly time: string; readonly data: object }, findingsCount: number): RiskJudgement
  /** The risk a viewer shows as of its latest event. */
  riskOf(profile: RiskProfile, baseline: Baseline): Risk
}

/** Needs no training: what a tenant starts with. */
export const statisticalModel: RiskModel = { judge: judgeRisk, riskOf }
