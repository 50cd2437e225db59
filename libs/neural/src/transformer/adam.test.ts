import { expect, test } from '@jest/globals'
import { adam } from './adam.ts'

const plain = { weightDecay: 0, decays: () => true, gradientNormMax: Infinity }

test('the first step is as long as the step size, whatever the slope', () => {
  const values = Float32Array.of(1, 1)
  adam(new Map([['w', values]]), plain)(new Map([['w', Float32Array.of(1000, -0.01)]]), 0.1)
  expect([...values]).toEqual([expect.closeTo(0.9, 4), expect.closeTo(1.1, 4)])
})

test('it finds the lowest point of a narrow valley', () => {
  const values = Float32Array.of(3, -2)
  const step = adam(new Map([['w', values]]), plain)
  for (let at = 0; at < 2_000; at += 1) step(new Map([['w', Float32Array.of(2 * (values[0]! - 1), 200 * (values[1]! - 1))]]), 0.02)
  expect([...values]).toEqual([expect.closeTo(1, 2), expect.closeTo(1, 2)])
})

test('only what decays shrinks, by its share a step', () => {
  const [kernel, bias] = [Float32Array.of(2), Float32Array.of(2)]
  const parameters = new Map([['kernel', kernel], ['bias', bias]])
  const still = new Map([['kernel', Float32Array.of(0)], ['bias', Float32Array.of(0)]])
  adam(parameters, { weightDecay: 0.5, decays: (name) => name === 'kernel', gradientNormMax: 1 })(still, 0.1)
  expect([kernel[0], bias[0]]).toEqual([expect.closeTo(1.9), 2])
})

test('a gradient beyond the bound is cut as a whole, so that one odd batch does not set the direction of many', () => {
  const run = (gradientNormMax: number) => {
    const values = Float32Array.of(0)
    const step = adam(new Map([['w', values]]), { ...plain, gradientNormMax })
    for (const slope of [1e6, -1, -1, -1, -1, -1, -1]) step(new Map([['w', Float32Array.of(slope)]]), 0.1)
    return values[0]!
  }
  expect(run(Infinity)).toBeLessThan(-0.2)
  expect(run(1)).toBeGreaterThan(0)
})

test('a gradient that is missing, or of another length, is named', () => {
  const step = adam(new Map([['w', Float32Array.of(0)]]), plain)
  expect(() => step(new Map(), 0.1)).toThrow(/w: the gradient has no numbers/)
  expect(() => step(new Map([['w', new Float32Array(2)]]), 0.1)).toThrow(/w: the gradient has 2 numbers, not 1/)
})
