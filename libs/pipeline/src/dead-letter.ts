import { deadLetterTopicOf, type StageName } from '@ott/contracts/topics'
import type { DeadLetterCause } from './errors.ts'
import type { InboundRecord, OutboundRecord } from './record.ts'

/** Headers that a dead letter has besides those of the record it was. */
export const deadLetterHeaders = {
  reason: 'dlq-reason',
  detail: 'dlq-detail',
  stage: 'dlq-stage',
  at: 'dlq-at',
  topic: 'dlq-topic',
  partition: 'dlq-partition',
  offset: 'dlq-offset',
  attempts: 'dlq-attempts',
} as const

/**
 * The record for the dead-letter topic: bytes, key and headers as they came, plus why, where and when.
 * `detail` names the field that is wrong and never quotes its value.
 */
export function deadLetterOf(record: InboundRecord, stage: StageName, cause: DeadLetterCause, attempts: number, nowMs: number): OutboundRecord {
  return {
    topic: deadLetterTopicOf(stage),
    key: record.key,
    value: record.value,
    headers: {
      ...record.headers,
      [deadLetterHeaders.reason]: cause.reason,
      [deadLetterHeaders.detail]: cause.detail,
      [deadLetterHeaders.stage]: stage,
      [deadLetterHeaders.at]: new Date(nowMs).toISOString(),
      [deadLetterHeaders.topic]: record.topic,
      [deadLetterHeaders.partition]: String(record.partition),
      [deadLetterHeaders.offset]: String(record.offset),
      [deadLetterHeaders.attempts]: String(attempts),
    },
  }
}
