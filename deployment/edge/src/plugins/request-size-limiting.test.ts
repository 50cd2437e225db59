import { expect, test } from '@jest/globals'
import { aPassage } from './passage-fixture.ts'
import { bodyBytesMaxOf, createRequestSizeLimiting } from './request-size-limiting.ts'

test('sizes are powers of two, as Kong counts them', () => {
  const base = { allowed_payload_size: 2, require_content_length: false } as const
  expect(bodyBytesMaxOf({ ...base, size_unit: 'bytes' })).toBe(2)
  expect(bodyBytesMaxOf({ ...base, size_unit: 'kilobytes' })).toBe(2_048)
  expect(bodyBytesMaxOf({ ...base, size_unit: 'megabytes' })).toBe(2_097_152)
})

test.each<[string, Record<string, string>, number | undefined]>([
  ['the limit itself', { 'content-length': '100' }, undefined],
  ['one byte more', { 'content-length': '101' }, 413],
  ['one byte more, asked before', { 'content-length': '101', expect: '100-continue' }, 417],
  ['nothing', {}, undefined],
  ['no length', { 'transfer-encoding': 'chunked' }, undefined],
])('a body of %s', (_what, headers, status) => {
  expect(createRequestSizeLimiting(100).access(aPassage(headers))).toEqual(status === undefined ? undefined : expect.objectContaining({ status, code: 'too-large' }))
})
