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

/** What it is called when the order of a viewer's events says it, rather than any amount of them. */
const contextRule = { rule: 'risk.unusual-sequence', message: 'A sequence of events such as came before violations' }

/** Detecting and answering such behaviour is part of keeping personal data secure. */
const riskCitation = 'GDPR Art. 32(1)'

/** A factor with this share of the score is a cause of its own beside the leading one: a takeover may show in two ways. */
const causeShareMin = 1 / 3

/** Every cause one scored event gives evidence for: its findings, and what leads its risk when at or above the tenant's threshold. */
export function causesOf({ data: { findings, risk } }: EventScored, riskThreshold: number): Cause[] {
  const causes: Cause[] = findings.map(({ rule, regulation, citation, severity, message, values }) => ({ rule, regulation, citation, severity, message, values }))
  if (risk.score < riskThreshold) return causes
  const cause = ({ rule, message }: { rule: string; message: string }, values: Record<string, unknown>): Cause => ({
    rule,
    message,
    regulation: 'risk',
    citation: riskCitation,
    severity: risk.score >= 0.9 ? 'critical' : 'high',
    values: { score: risk.score, ...values },
  })
  const leading = leadingFactor(risk)
  const contextShare = risk.context?.contribution ?? 0
  for (const factor of risk.factors) {
    const isLeading = factor === leading && factor.contribution >= contextShare
    if (factor.contribution <= 0 || (!isLeading && factor.contribution < risk.score * causeShareMin)) continue
    causes.push(cause(riskRules[factor.name], { factor: factor.name, value: factor.value, contribution: factor.contribution }))
  }
  if (contextShare > 0 && (contextShare > (leading?.contribution ?? 0) || contextShare >= risk.score * causeShareMin)) {
    causes.push(cause(contextRule, { factor: 'context', value: risk.context?.score, contribution: contextShare }))
  }
  return causes
}
