import type { AlertItem, EventDecision, TenantItem, ViolationDetails, ViolationItem, ViolationSummary } from './shapes.ts'

/** A GraphQL document with the shapes of what it takes and gives. Each is checked against the schema by a test. */
export interface Operation<Data, Variables> {
  readonly text: string
  /** Never there: carries the types. */
  readonly shapes?: (variables: Variables) => Data
}

type None = Record<string, never>

const violationFields = `
  id rule regulation citation severity message status openedAt acknowledgedAt evidenceCount
  subject { id }
  event { id }`

const alertFields = `id violationId rule severity status acknowledgedNote createdAt`

export const tenantQuery: Operation<{ tenant: TenantItem }, None> = {
  text: `query Tenant { tenant { id name riskThreshold } }`,
}

/** How many of a list are kept and shown. */
export const listedMax = 100

export const violationsQuery: Operation<{ violations: { nodes: ViolationSummary[] } }, None> = {
  text: `query LatestViolations { violations(first: ${listedMax}) { nodes { ${violationFields} } } }`,
}

export const alertsQuery: Operation<{ alerts: { nodes: AlertItem[] } }, None> = {
  text: `query LatestAlerts { alerts(first: ${listedMax}) { nodes { ${alertFields} } } }`,
}

const risk = `risk { score factors { name value contribution } }`

export const violationDetailsQuery: Operation<{ violation: ViolationDetails | null }, { id: string }> = {
  text: `query ViolationDetails($id: ID!) {
    violation(id: $id) {
      ${violationFields}
      lastEvidenceAt acknowledgedBy assignee
      dueTimes { acknowledgeBy resolveBy isAcknowledgeOverdue isResolveOverdue }
      subject { attention { modelVersion risk events { at kind rollout } importance { feature mean } note } }
      evidence { at values event { id } }
      event {
        type source time
        findings { rule citation severity message remediation }
        ${risk}
      }
    }
  }`,
}

type CaseMutation = Operation<{ changed: ViolationSummary }, { id: string }>

/** What a person may do with a violation. */
export const caseMutations = {
  acknowledge: { text: `mutation Acknowledge($id: ID!) { changed: acknowledgeViolation(id: $id) { ${violationFields} } }` },
  resolve: { text: `mutation Resolve($id: ID!) { changed: resolveViolation(id: $id) { ${violationFields} } }` },
  falsePositive: { text: `mutation MarkFalsePositive($id: ID!) { changed: markFalsePositive(id: $id) { ${violationFields} } }` },
} as const satisfies Record<string, CaseMutation>
export type CaseAct = keyof typeof caseMutations

export const eventQuery: Operation<{ event: EventDecision | null }, { id: string }> = {
  text: `query DecidedEvent($id: ID!) {
    event(id: $id) { outcome reason findings { rule } risk { score } violations { id rule } }
  }`,
}

export const queries = { tenantQuery, violationsQuery, alertsQuery, violationDetailsQuery, ...caseMutations, eventQuery }

/** Thousands a second may come, so it asks for the one number that is drawn. */
export const scoredSubscription: Operation<{ eventScored: { risk: { score: number } | null } }, None> = {
  text: `subscription Scored { eventScored { risk { score } } }`,
}

export const violationSubscription: Operation<{ violationOpened: ViolationItem }, None> = {
  text: `subscription Opened { violationOpened { id rule regulation citation severity message openedAt subject { id } event { id } } }`,
}

export const alertSubscription: Operation<{ alertChanged: Pick<AlertItem, 'id' | 'violationId' | 'rule' | 'severity' | 'status'> }, None> = {
  text: `subscription Alerts { alertChanged { id violationId rule severity status } }`,
}

export const subscriptions = { scoredSubscription, violationSubscription, alertSubscription }
