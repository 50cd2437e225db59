import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { fullJitter, sleep } from './back-off.ts'

const bounds = { firstMs: 50, maxMs: 2_000 }

describe('fullJitter', () => {
  test('is never negative, never above the bound, and a whole number, whatever the attempt', () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        const waitMs = fullJitter(attempt, () => random, bounds)
        expect(waitMs).toBeGreaterThanOrEqual(0)
        expect(waitMs).toBeLessThanOrEqual(bounds.maxMs)
        expect(Number.isInteger(waitMs)).toBe(true)
      }),
    )
  })

  test('doubles its ceiling with each attempt until the bound, and spreads from nothing up to it', () => {
    const ceilings = [0, 1, 2, 3, 4, 5, 6, 7].map((attempt) => fullJitter(attempt, () => 1, bounds))
    expect(ceilings).toEqual([50, 100, 200, 400, 800, 1_600, 2_000, 2_000])
    expect(fullJitter(5, () => 0, bounds)).toBe(0)
  })
})

describe('sleep', () => {
  const longMs = 3_600_000

  test('ends at once when it is called off, before or meanwhile, and leaves no listener behind', async () => {
    const controller = new AbortController()
    const slept = sleep(longMs, controller.signal)
    controller.abort()
    await slept
    await sleep(longMs, controller.signal)
  })

  test('ends by itself without a signal', async () => {
    await sleep(1)
  })
})
