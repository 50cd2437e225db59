import { expect, test } from '@jest/globals'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { eventWindowsToBytes } from '@ott/anomaly/training/event-windows'
import { TrainingDataError } from '../model-trainer.ts'
import { encoderWindows } from './encoder-windows.ts'

const dayMs = 86_400_000
const perViewer = 3

function data({ count = 600, troubled = 120, spanMs = 3 * dayMs } = {}): Uint8Array {
  const random = seededRandom(1)
  return eventWindowsToBytes({
    values: Float32Array.from({ length: count * 24 * 8 }, () => random.uniform()),
    labels: Uint8Array.from({ length: count }, (_, row) => (row < troubled ? 1 : 0)),
    viewers: Uint32Array.from({ length: count }, (_, row) => Math.floor(row / perViewer)),
    spanMs,
  })
}

test('all windows are in one part each, and those of a viewer in one', () => {
  const { training, validation, test: judged, count, troubled } = encoderWindows(data(), 1)
  expect([count, troubled]).toEqual([600, 120])
  const partsOf = (first: number) => [training, validation, judged].filter(({ values }) => values.includes(first)).length
  expect([training, validation, judged].reduce((sum, { labels }) => sum + labels.length, 0)).toBe(600)
  for (const part of [training, validation, judged]) expect(part.labels.length % perViewer).toBe(0)
  expect(partsOf(training.values[0]!)).toBe(1)
})

test.each([
  ['too few', { count: 299 }, '299 windows, 120 of them followed by trouble'],
  ['too seldom followed by trouble', { troubled: 59 }, '600 windows, 59 of them'],
  ['of too short a time, in which an hour of the day came once or twice', { spanMs: 3 * dayMs - 1 }, 'at least 3 days are needed'],
  ['all of one kind', { count: 300, troubled: 300 }, 'no window labelled 0'],
])('windows that are %s teach nothing, and it is said why', (_, parts, words) => {
  expect(() => encoderWindows(data(parts), 1)).toThrow(TrainingDataError)
  expect(() => encoderWindows(data(parts), 1)).toThrow(words)
})
