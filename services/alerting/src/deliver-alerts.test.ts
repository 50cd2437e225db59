import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { resultOf, type DeliverySettings } from './deliver-alerts.ts'

const settings: DeliverySettings = { attemptsMax: 5, backOff: { firstMs: 1_000, maxMs: 60_000 }, pollMs: 1_000, concurrency: 1 }
const after = (attempts: number, error: string | undefined, random = 1) => resultOf({ attempts }, error, { settings, nowMs: () => 0, random: () => random })

test('an alert that was taken is delivered, whatever the number of the try', () => {
  expect([after(1, undefined), after(9, undefined)]).toEqual([{ status: 'delivered' }, { status: 'delivered' }])
})

test('each failed try doubles the wait, of which half is certain', () => {
  const waits = [1, 2, 3, 4].map((attempts) => after(attempts, 'down')).map((result) => ('again' in result ? result.again.getTime() : undefined))
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000])
  expect(after(1, 'down', 0)).toEqual({ status: 'pending', error: 'down', again: new Date(500) })
})

test('the last try that fails gives up, with the error', () => {
  expect(after(5, 'down')).toEqual({ status: 'failed', error: 'down' })
})

test('an alert is never tried at once again, nor later than the longest wait', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempts, random) => {
      const result = resultOf({ attempts }, 'down', { settings: { ...settings, attemptsMax: 101 }, nowMs: () => 0, random: () => random })
      if (!('again' in result)) throw new Error('must be tried again')
      expect(result.again.getTime()).toBeGreaterThanOrEqual(500)
      expect(result.again.getTime()).toBeLessThanOrEqual(60_000)
    }),
  )
})
