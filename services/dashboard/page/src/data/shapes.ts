export type Severity = 'low' | 'medium' | 'high' | 'critical'
export type ViolationStatus = 'open' | 'acknowledged' | 'in_review' | 'resolved' | 'false_positive'
export type AlertStatus = 'firing' | 'acknowledged' | 'resolved'

export interface TenantItem {
  readonly id: string
  readonly name: string | null
  readonly riskThreshold: number | null
}

/** A violation as it comes while it opens. */
export interface ViolationItem {
  readonly id: string
  readonly rule: string
  readonly regulation: string
  readonly citation: string
  readonly severity: Severity
  readonly message: string
  readonly openedAt: string
  readonly subject: { readonly id: string }
  readonly event: { readonly id: string }
}

/** A violation as a list tells it. */
export interface ViolationSummary extends ViolationItem {
  readonly status: ViolationStatus
  readonly acknowledgedAt: string | null
  readonly evidenceCount: number
}

export interface Finding {
  readonly rule: string
  readonly citation: string
  readonly severity: Severity
  readonly message: string
  readonly remediation: string | null
}

export interface RiskFactor {
  readonly name: string
  readonly value: number
  readonly contribution: number
}

export interface Risk {
  readonly score: number
  readonly factors: readonly RiskFactor[]
}

/** Where the model of event sequences looks; `rollout` sums to 1 over the events, `mean` is by how much a shuffled feature made it worse. */
export interface Attention {
  readonly modelVersion: string
  readonly risk: number
  readonly events: readonly { readonly at: string; readonly kind: string; readonly rollout: number }[]
  readonly importance: readonly { readonly feature: string; readonly mean: number }[]
  readonly note: string
}

export interface ViolationDetails extends ViolationSummary {
  /** Null where the tenant has no such model in force. */
  readonly subject: ViolationSummary['subject'] & { readonly attention: Attention | null }
  readonly lastEvidenceAt: string
  readonly acknowledgedBy: string | null
  readonly assignee: string | null
  readonly dueTimes: { readonly acknowledgeBy: string; readonly resolveBy: string; readonly isAcknowledgeOverdue: boolean; readonly isResolveOverdue: boolean }
  readonly evidence: readonly { readonly at: string; readonly values: unknown; readonly event: { readonly id: string } }[]
  readonly event: {
    readonly id: string
    readonly type: string | null
    readonly source: string | null
    readonly time: string | null
    readonly findings: readonly Finding[] | null
    readonly risk: Risk | null
  }
}

export interface AlertItem {
  readonly id: string
  /** Null where no violation raised it. */
  readonly violationId: string | null
  readonly rule: string
  readonly severity: Severity | null
  readonly status: AlertStatus
  readonly acknowledgedNote?: string | null
  /** Absent while only its change is known and the list hasn't been read again. */
  readonly createdAt?: string
}

/** What became of an event. */
export interface EventDecision {
  readonly outcome: 'processed' | 'duplicate' | 'filtered' | 'dead_lettered'
  readonly reason: string | null
  readonly findings: readonly { readonly rule: string }[] | null
  readonly risk: { readonly score: number } | null
  readonly violations: readonly { readonly id: string; readonly rule: string }[]
}
