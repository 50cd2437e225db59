import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { eventAccepted } from '@ott/contracts/event-accepted'
import { readerOf } from './define-stage.ts'
import type { InboundRecord } from './record.ts'
import { sampleEvent } from './conformance/sample-events.ts'

const read = readerOf(eventAccepted)
const valid = JSON.parse(String(sampleEvent('viewer', 1).value)) as Record<string, unknown> & { data: Record<string, unknown> }

function record(value: Buffer | null, headers: Record<string, string> = {}): InboundRecord {
  return { topic: 't', partition: 0, offset: 0n, timestampMs: 0, key: 'acme:viewer', value, headers }
}
const json = (value: unknown) => record(Buffer.from(JSON.stringify(value)))

describe('readerOf', () => {
  test('passes on fields that the contract does not know, at every level', () => {
    const event = { ...valid, extra: { deep: [1] }, data: { ...valid.data, more: 'later' } }
    const result = read(json(event))
    expect(result.ok && result.received.event).toEqual(event)
  })

  test('hands out what decisions and the runtime need of the envelope', () => {
    const result = read(record(Buffer.from(JSON.stringify(valid)), { traceparent: 'trace' }))
    expect(result.ok && result.received).toMatchObject({ tenantId: 'acme', subject: 'viewer', id: 'viewer-1', traceparent: 'trace' })
  })

  test.each(['specversion', 'id', 'source', 'type', 'subject', 'time', 'tenantid', 'dataschema', 'data'])(
    'names the attribute %s when it is missing, and never quotes a value',
    (attribute) => {
      const { [attribute]: _gone, ...rest } = { ...valid, subject: 'jane.doe', [attribute]: undefined }
      const result = read(json(rest))
      expect(result).toMatchObject({ ok: false, cause: { reason: 'breaks_contract', detail: expect.stringContaining(`${attribute}:`) } })
      expect(JSON.stringify(result)).not.toContain('jane.doe')
    },
  )

  test('calls empty and unparsable bytes malformed', () => {
    expect(read(record(null))).toMatchObject({ ok: false, cause: { reason: 'malformed' } })
    expect(read(record(Buffer.alloc(0)))).toMatchObject({ ok: false, cause: { reason: 'malformed' } })
  })

  test('never throws, whatever the bytes', () => {
    const bytes = fc.oneof(fc.uint8Array(), fc.json().map((text) => Buffer.from(text)))
    fc.assert(fc.property(bytes, (value) => void read(record(Buffer.from(value)))))
  })
})
