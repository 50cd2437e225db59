import { TransientError, UnprocessableError } from '@ott/pipeline/errors'

/** The parts of a kafkajs error that tell what it means; kafkajs wraps causes several levels deep. */
interface KafkaError extends Error {
  readonly retriable?: boolean
  readonly type?: string
  readonly cause?: unknown
}

const permanent = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'CORRUPT_MESSAGE'])

/** Says in the pipeline's terms what a failed broker call means. Faults of the connection pass; a record the broker will never take doesn't. */
export function translateKafkaError(thrown: unknown, doing: string): Error {
  for (let error = thrown as KafkaError | undefined; error instanceof Error; error = error.cause as KafkaError | undefined) {
    if (error.type !== undefined && permanent.has(error.type)) {
      return new UnprocessableError('refused_by_broker', `${doing}: ${error.type}`, { cause: thrown })
    }
    if (error.retriable === true || error.name === 'KafkaJSNumberOfRetriesExceeded' || isConnectionFault(error)) {
      return new TransientError(`${doing}: ${error.message}`, { cause: thrown })
    }
  }
  return thrown instanceof Error ? thrown : new Error(`${doing}: ${String(thrown)}`)
}

function isConnectionFault(error: KafkaError): boolean {
  return /KafkaJS(Connection|Broker|NoBroker|RequestTimeout|Timeout|Metadata|LockTimeout)/.test(error.name) || /disconnected/i.test(error.message)
}
