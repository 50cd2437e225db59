import { expect, test } from '@jest/globals'
import { atMostOncePerSecond } from './log-line.ts'

test('a service that fails every request is logged once a second, with the number left out', () => {
  const lines: unknown[] = []
  let nowMs = 0
  const log = atMostOncePerSecond((...line) => lines.push(line), () => nowMs)
  for (nowMs = 0; nowMs <= 1_000; nowMs += 250) log('ingest', 'error', 'failed', { code: 'X' })
  log('tenant', 'error', 'failed')
  expect(lines).toEqual([
    ['error', 'failed', { code: 'X', leftOut: 0 }],
    ['error', 'failed', { code: 'X', leftOut: 3 }],
    ['error', 'failed', { leftOut: 0 }],
  ])
})
