import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { eventAssessed } from '@ott/contracts/event-assessed'
import { deadLetterHeaders } from '@ott/pipeline/dead-letter'
import { emitOf } from '@ott/pipeline/outcome'
import { outboundRecordsOf } from '@ott/pipeline/outbound-records'

const document = readFileSync(new URL('../../contracts/generated/asyncapi.yaml', import.meta.url), 'utf8')

test('every header that the runtime writes is told in the AsyncAPI document', () => {
  const record = { topic: 't', partition: 0, offset: 0n, timestampMs: 0, key: 'acme:v', value: null, headers: {} }
  const received = { record, event: {}, tenantId: 'acme', subject: 'v', time: '2026-01-01T00:00:00Z', id: 'i', traceparent: 'x' }
  const [outbound] = outboundRecordsOf('compliance', received, [emitOf(eventAssessed, {} as never)], 0)
  const written = [...Object.keys(outbound?.headers ?? {}), ...Object.values(deadLetterHeaders)]
  expect(written.length).toBeGreaterThan(10)
  expect(written.filter((name) => !new RegExp(`^ +${name}:$`, 'm').test(document))).toEqual([])
})
