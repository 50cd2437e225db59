import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { checkSameShapes, decodeWeights, encodeWeights, flattenWeights, type NetworkWeights, unflattenWeights } from './network-weights.ts'

const weightArray = fc
  .array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 })
  .chain((shape) =>
    fc.float32Array({ minLength: size(shape), maxLength: size(shape) }).map((values) => ({ shape, values: Float32Array.from(values) })),
  )
const someWeights = fc.dictionary(fc.string(), weightArray, { maxKeys: 5 }).map((named): NetworkWeights => new Map(Object.entries(named)))

function size(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}

function inReverse(weights: NetworkWeights): NetworkWeights {
  return new Map([...weights].reverse())
}

test('a tensor without values comes back too, whatever its name is', () => {
  const weights = new Map([['0', { shape: [], values: Float32Array.of(0) }], ['', { shape: [0], values: new Float32Array(0) }]])
  expect(new Map(decodeWeights(encodeWeights(weights)))).toEqual(weights)
})

test('weights come back bit by bit from their bytes', () => {
  fc.assert(
    fc.property(someWeights, (weights) => {
      expect(new Map(decodeWeights(encodeWeights(weights)))).toEqual(new Map(weights))
    }),
  )
})

test('equal weights give equal bytes and one flat row, whatever order they were put in', () => {
  fc.assert(
    fc.property(someWeights, (weights) => {
      expect(encodeWeights(inReverse(weights))).toEqual(encodeWeights(weights))
      expect(flattenWeights(inReverse(weights))).toEqual(flattenWeights(weights))
    }),
  )
})

test('a flat row goes back to where it came from', () => {
  fc.assert(
    fc.property(someWeights, (weights) => {
      expect(new Map(unflattenWeights(flattenWeights(weights), weights))).toEqual(new Map(weights))
    }),
  )
  expect(() => unflattenWeights(new Float32Array(3), new Map([['w', { shape: [2], values: new Float32Array(2) }]]))).toThrow('2 weights, not 3')
})

test('bytes that are cut, stretched or changed give an error of their own or other weights, never another error', () => {
  fc.assert(
    fc.property(someWeights, fc.nat(), fc.integer({ min: 0, max: 255 }), (weights, at, value) => {
      const bytes = encodeWeights(weights)
      const cut = at % bytes.length
      expect(() => decodeWeights(bytes.subarray(0, cut))).toThrow(expect.objectContaining({ name: 'WeightsError' }))
      expect(() => decodeWeights(Uint8Array.of(...bytes, 0))).toThrow(expect.objectContaining({ name: 'WeightsError' }))
      const changed = Uint8Array.from(bytes)
      changed[cut] = value
      try {
        decodeWeights(changed)
      } catch (error) {
        expect(error).toMatchObject({ name: 'WeightsError' })
      }
    }),
  )
})

test('weights of another network are told apart by name and shape', () => {
  const weights: NetworkWeights = new Map([['w', { shape: [2, 1], values: new Float32Array(2) }]])
  expect(() => checkSameShapes(new Map([['w', { shape: [1, 2], values: new Float32Array(2) }]]), weights)).toThrow('w: the shape is [1, 2], not [2, 1]')
  expect(() => checkSameShapes(new Map(), weights)).toThrow("there is no weight 'w'")
  expect(() => checkSameShapes(new Map([...weights, ['v', { shape: [], values: new Float32Array(1) }]]), weights)).toThrow('v: the network has no such weight')
})
