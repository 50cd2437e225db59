import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { attentionByEvent, attentionByHead, attentionRollout, presentSteps } from './attention-map.ts'
import type { TransformerShape } from './transformer-shape.ts'

const shape: TransformerShape = { steps: 2, features: 1, width: 2, heads: 2, layers: 2, feedForward: 2 }
const both = [true, true]

/** Two layers of two heads; rows look, columns are looked at. */
const attention = [
  [[1, 0], [0, 1]],
  [[0, 1], [0, 1]],
  [[0.5, 0.5], [1, 0]],
  [[0.5, 0.5], [1, 0]],
].flat(2)

test('by event, heads and lookers are averaged layer by layer', () => {
  expect(attentionByEvent(attention, shape, both).map((layer) => [...layer])).toEqual([
    [0.25, 0.75],
    [0.75, 0.25],
  ])
})

test('rollout multiplies the layers, half of each handed on by the residual connection', () => {
  // First [[.75, .25], [0, 1]], second [[.75, .25], [.5, .5]]; second · first = [[.5625, .4375], [.375, .625]].
  expect([...attentionRollout(attention, shape, both)]).toEqual([expect.closeTo(0.46875), expect.closeTo(0.53125)])
})

test('a step that is padding counts neither as looking nor as looked at', () => {
  const onlyLast = [false, true]
  const towardsLast = [[0, 1], [0, 1]].flat()
  const all = [...towardsLast, ...towardsLast, ...towardsLast, ...towardsLast]
  expect([...attentionRollout(all, shape, onlyLast)]).toEqual([0, 1])
  expect(attentionByEvent(all, shape, onlyLast).map((layer) => [...layer])).toEqual([[0, 1], [0, 1]])
})

test('whatever the network looked at, its parts sum to 1', () => {
  const steps = 5
  const larger = { ...shape, steps, layers: 3 }
  const row = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: steps, maxLength: steps })
  const rows = fc.array(row, { minLength: larger.layers * larger.heads * steps, maxLength: larger.layers * larger.heads * steps })
  fc.assert(
    fc.property(rows, (weights) => {
      const given = weights.flatMap((looks) => looks.map((look) => look / looks.reduce((sum, value) => sum + value, 0)))
      for (const map of [attentionRollout(given, larger, Array<boolean>(steps).fill(true)), ...attentionByEvent(given, larger, Array<boolean>(steps).fill(true))]) {
        expect(map.reduce((sum, part) => sum + part, 0)).toBeCloseTo(1)
      }
    }),
  )
})

test('by head, it is as the network gave it, without what is padding', () => {
  expect(attentionByHead(attention, shape, both)).toEqual([[[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[[0.5, 0.5], [1, 0]], [[0.5, 0.5], [1, 0]]]])
  expect(attentionByHead(attention, shape, [false, true])).toEqual([[[[1]], [[1]]], [[[0]], [[0]]]])
})

test('steps of zeros are padding', () => {
  expect(presentSteps(Float32Array.of(0, 0, 0, -1), { ...shape, features: 2 })).toEqual([false, true])
})

test('attention of another shape is refused', () => {
  expect(() => attentionRollout(attention.slice(1), shape, both)).toThrow(/is 16 numbers, not 15/)
  expect(() => attentionByHead(attention.slice(1), shape, both)).toThrow(/is 16 numbers, not 15/)
  expect(() => attentionRollout(attention, shape, [true])).toThrow(/2 steps/)
})
