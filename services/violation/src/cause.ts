import { leadingFactor } from '@ott/anomaly/leading-factor'
import type { EventScored, RiskFactorName } from '@ott/contracts/event-scored'
import type { Severity } from '@ott/contracts/severity'

/** A reason for which one event gives evidence of a violation. */
export interface Cause {
  readonly rule: string
  readonly regulation: string
  readonly citation: string
  readonly severity: Severity
  readonly message: string
  /** The values that mattered. */
  readonly values: Readonly<Record<string, unknown>>
}

/** What risky behaviour is called after the factor that leads it. */
const riskRules: Readonly<Record<RiskFactorName, { rule: string; message: string }>> = {
  signInFailures: { rule: 'risk.brute-force', message: 'Many failed sign-ins in a short time' },
  impossibleTravel: { rule: 'risk.impossible-travel', message: 'Two places too far apart for the time between them' },
  dataAccess: { rule: 'risk.mass-data-access', message: 'Far more personal data read or exported than usual' },
  consentChanges: { rule: 'risk.consent-churn', message: 'Consent changed unusually often' },
  errorRate: { rule: 'risk.error-rate', message: 'An unusual share of requests failed' },
  pastViolations: { rule: 'risk.repeat-offender', message: 'Many rules broken within a month' },
}

/** Detecting and answering such behaviour is part of keeping personal data secure. */
const riskCitation = 'GDPR Art. 32(1)'

/** A factor with this share of the score is a cause of its own beside the leading one: a takeover may show in two ways. */
const causeShareMin = 1 / 3

/** Every cause one scored event gives evidence for: its findings, and what leads its risk when at or above the tenant's threshold. */
export function causesOf({ data: { findings, risk } }: EventScored, riskThreshold: number): Cause[] {
  const causes: Cause[] = findings.map(({ rule, regulation, citation, severity, message, values }) => ({ rule, regulation, citation, severity, message, values }))
  if (risk.score < riskThreshold) return causes
  const leading = leadingFactor(risk)
  for (const factor of risk.factors) {
    if (factor.contribution <= 0 || (factor !== leading && factor.contribution < risk.score * causeShareMin)) continue
    const { rule, message } = riskRules[factor.name]
    causes.push({
      rule,
      message,
      regulation: 'risk',
      citation: riskCitation,
      severity: risk.score >= 0.9 ? 'critical' : 'high',
      values: { score: risk.score, factor: factor.name, value: factor.value, contribution: factor.contribution },
    })
  }
  return causes
}
