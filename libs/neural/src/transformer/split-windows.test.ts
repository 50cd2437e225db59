import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { LabelledWindows } from './labelled-windows.ts'
import { splitWindows, type SplitWindows } from './split-windows.ts'

const shares = { training: 0.7, validation: 0.15 }

/** Each window's only number is its row. */
function numbered(count: number, isRisky: (row: number) => boolean): LabelledWindows {
  return {
    values: Float32Array.from({ length: count }, (_, row) => row),
    labels: Uint8Array.from({ length: count }, (_, row) => (isRisky(row) ? 1 : 0)),
    steps: 1,
    features: 1,
  }
}

function rowsOf({ training, validation, test }: SplitWindows): number[] {
  return [training, validation, test].flatMap(({ values }) => [...values])
}

test('every window is in one of the three parts, with its own label, and risky ones are as frequent in each', () => {
  fc.assert(
    fc.property(fc.integer({ min: 60, max: 300 }), fc.integer({ min: 2, max: 4 }), fc.integer(), (count, nth, seed) => {
      const isRisky = (row: number) => row % nth === 0
      const parts = splitWindows(numbered(count, isRisky), seed, shares)
      expect(rowsOf(parts).sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, row) => row))
      for (const { values, labels } of Object.values(parts) as LabelledWindows[]) {
        expect([...labels]).toEqual([...values].map((row) => (isRisky(row) ? 1 : 0)))
        expect(Math.abs(labels.filter((label) => label === 1).length - labels.length / nth)).toBeLessThanOrEqual(2)
      }
      expect(Math.abs(parts.training.labels.length - 0.7 * count)).toBeLessThanOrEqual(1)
    }),
  )
})

test('the same seed gives the same parts, another seed others', () => {
  const windows = numbered(100, (row) => row % 3 === 0)
  expect(splitWindows(windows, 7, shares)).toEqual(splitWindows(windows, 7, shares))
  expect(rowsOf(splitWindows(windows, 8, shares))).not.toEqual(rowsOf(splitWindows(windows, 7, shares)))
})

test('windows of one viewer are never in two parts', () => {
  const viewerOf = (row: number) => Math.floor(row / 5)
  const { training, validation, test } = splitWindows(numbered(500, (row) => row % 7 === 0), 1, shares, viewerOf)
  const viewers = [training, validation, test].map(({ values }) => new Set([...values].map(viewerOf)))
  expect(viewers.reduce((sum, { size }) => sum + size, 0)).toBe(100)
})

test('a part without a risky window is refused by name', () => {
  expect(() => splitWindows(numbered(100, (row) => row === 0), 1, shares)).toThrow(/no window labelled 1 is left for the validation part/)
})
