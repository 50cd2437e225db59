import { alertChanged } from './alert-changed.ts'
import type { EventContract } from './define-event.ts'
import { eventAccepted } from './event-accepted.ts'
import { eventAssessed } from './event-assessed.ts'
import { eventScored } from './event-scored.ts'
import { modelConfigured } from './model-configured.ts'
import { ruleSetConfigured } from './rule-set-configured.ts'
import { tenantConfigured } from './tenant-configured.ts'
import { violationChanged } from './violation-changed.ts'
import { violationOpened } from './violation-opened.ts'

/** The stages, in the order in which an event walks through them; the last keeps what the others gave up on. */
export const stageNames = ['ingest', 'compliance', 'ml-scoring', 'violation', 'alerting', 'dead-letters'] as const
export type StageName = (typeof stageNames)[number]

/** Where the dead letters that are kept as rows come from; what can't even be kept as a row stays in its topic. */
export const letterTopics = (): readonly string[] => stageNames.filter((stage) => stage !== 'dead-letters').map(deadLetterTopicOf)

/** Every event between stages. */
export const eventContracts: readonly EventContract[] = [
  eventAccepted,
  eventAssessed,
  eventScored,
  violationOpened,
  violationChanged,
  alertChanged,
  tenantConfigured,
  ruleSetConfigured,
  modelConfigured,
] as EventContract[]

export interface TopicSpec {
  readonly name: string
  /** A compacted topic keeps the last record of each key and has one partition, so that readers see one order. */
  readonly compacted: boolean
  readonly retentionMs: number
}

const dayMs = 24 * 3_600_000

export function deadLetterTopicOf(stage: StageName): string {
  return `dlq.${stage}.v1`
}

const inboundPattern = /^events\.inbound\.([a-z][a-z0-9-]{1,38}[a-z0-9])\.v1$/

/** Where one tenant's producers publish. The topic name is what says whose the events are. */
export function inboundTopicOf(tenant: string): string {
  return `events.inbound.${tenant}.v1`
}

/** The tenant an inbound topic belongs to, or undefined for any other topic. */
export function tenantOfInboundTopic(topic: string): string | undefined {
  return inboundPattern.exec(topic)?.[1]
}

export function inboundTopicSpec(tenant: string): TopicSpec {
  return { name: inboundTopicOf(tenant), compacted: false, retentionMs: 7 * dayMs }
}

/** The catalogue from which topics are created; the broker's auto-creation is off. Inbound topics are added per tenant. */
export const topicCatalogue: readonly TopicSpec[] = [
  ...[...new Set(eventContracts.map(({ topic }) => topic))].map((name) => ({ name, compacted: name.startsWith('config.'), retentionMs: 7 * dayMs })),
  ...stageNames.map((stage) => ({ name: deadLetterTopicOf(stage), compacted: false, retentionMs: 30 * dayMs })),
]

/** The consumer group of a stage: the ledger asks for its lag by this name. */
export function groupOf(stage: StageName): string {
  return `stage.${stage}`
}
