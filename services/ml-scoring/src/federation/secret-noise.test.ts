import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { secretNoise } from './secret-noise.ts'

/** Bytes that look random and repeat exactly. */
function repeatable(): (count: number) => Buffer {
  let block = 0
  return (count) => Buffer.concat(Array.from({ length: Math.ceil(count / 32) }, () => createHash('sha256').update(String(block++)).digest())).subarray(0, count)
}

test('noise is standard normal: mean, deviation and tails', () => {
  const { normal } = secretNoise(repeatable())
  const drawn = Array.from({ length: 50_000 }, normal)
  const mean = drawn.reduce((sum, each) => sum + each, 0) / drawn.length
  expect(Math.abs(mean)).toBeLessThan(0.02)
  expect(Math.abs(Math.sqrt(drawn.reduce((sum, each) => sum + (each - mean) ** 2, 0) / drawn.length) - 1)).toBeLessThan(0.02)
  expect(Math.abs(drawn.filter((each) => Math.abs(each) > 1.96).length / drawn.length - 0.05)).toBeLessThan(0.005)
})

test('no byte is used twice, however much is drawn', () => {
  let given = 0
  const bytes = repeatable()
  const { normal } = secretNoise((count) => {
    given += count
    return bytes(count)
  })
  expect(new Set(Array.from({ length: 5_000 }, normal)).size).toBe(5_000)
  expect(given).toBeGreaterThanOrEqual(5_000 * 8)
})

test("by itself it is the system's randomness, which nobody can repeat", () => {
  expect(secretNoise().normal()).not.toBe(secretNoise().normal())
})
