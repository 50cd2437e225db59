import { lineConnector, skipped, type LineConnector, type ReplayedEvent } from './connector.ts'

/**
 * Reads JSON Lines whose every line is a CloudEvent already. It is passed on as it is, ids and source included:
 * whether it is valid is for the platform to judge, so that a replay can also show what gets refused.
 * Skips `blank`, `line-too-long`, `not-json` and `not-an-object`.
 */
export function jsonl(): LineConnector {
  return lineConnector('jsonl', (line) => {
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      return skipped('not-json')
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return skipped('not-an-object')
    return { kind: 'event', event: value as ReplayedEvent }
  })
}
