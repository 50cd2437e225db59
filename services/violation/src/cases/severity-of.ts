import { severities, type Severity } from '@ott/contracts/severity'
import type { SeverityOverride } from './case-settings.ts'

/** From this risk score on, a viewer's behaviour makes whatever was found of it graver: the same score makes risk by itself critical. */
export const graveRiskScore = 0.9

/**
 * How grave one piece of evidence is. Pure.
 *
 * 1. What the tenant says of the rule holds; then what it says of the regulation. Risk changes nothing of what somebody decided.
 * 2. Otherwise the rule's own severity, one step graver when the event's risk score is at least {@link graveRiskScore}. One step only:
 *    risk says that the viewer may be an attacker, not that another law was broken.
 */
export function severityOf(cause: { readonly rule: string; readonly regulation: string; readonly severity: Severity }, riskScore: number, overrides: readonly SeverityOverride[]): Severity {
  const said =
    overrides.find((override) => 'rule' in override && override.rule === cause.rule) ??
    overrides.find((override) => 'regulation' in override && override.regulation === cause.regulation)
  if (said !== undefined) return said.severity
  return riskScore >= graveRiskScore ? oneStepGraver(cause.severity) : cause.severity
}

function oneStepGraver(of: Severity): Severity {
  return severities[severities.indexOf(of) + 1] ?? of
}

export function isGraver(one: Severity, other: Severity): boolean {
  return severities.indexOf(one) > severities.indexOf(other)
}
