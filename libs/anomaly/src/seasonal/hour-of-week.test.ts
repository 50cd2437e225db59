import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { stabilised } from './count-scale.ts'
import { hourOfWeek, hoursPerWeek, usualCount, weekProfile } from './hour-of-week.ts'

const history = (of: (hour: number) => number[]) => Array.from({ length: hoursPerWeek }, (_, hour) => of(hour))

test('what is usual is the median of the weeks: one odd week changes nothing', () => {
  const weeks = [10, 12, 14, 16, 18]
  const odd = weekProfile(history((hour) => [...weeks.map((count) => count + hour), hour === 5 ? 100_000 : 14 + hour]))
  expect(usualCount(odd, 5, 0)).toBeCloseTo(14 + 5 + 1, 0)
  expect(usualCount(odd, 6, 0)).toBeCloseTo(14 + 6, 1)
})

test('a level of ln 2 doubles what is usual', () => {
  const profile = weekProfile(history(() => [40, 40, 40]))
  expect(usualCount(profile, 0, Math.LN2)).toBeCloseTo(80, 1)
})

test('an hour seen once leans on the same hour of other days, and one never seen takes theirs', () => {
  const profile = weekProfile(history((hour) => (hour === 3 ? [] : hour === 27 ? [400] : hour % 24 === 3 ? [100, 100, 100] : [1, 1, 1])))
  expect(usualCount(profile, 3, 0)).toBeCloseTo(100, 0)
  expect(usualCount(profile, 27, 0)).toBeGreaterThan(110)
  expect(usualCount(profile, 27, 0)).toBeLessThan(250)
})

test('a series that repeats itself exactly is still taken to have the noise of counts', () => {
  const { spread, dispersion } = weekProfile(history(() => [50, 50, 50, 50]))
  expect([...new Set(spread)]).toEqual([1])
  expect(dispersion).toBe(0)
})

test('an hour that varies more than the others has a wider spread', () => {
  const { spread } = weekProfile(history((hour) => (hour === 8 ? [20, 90, 40, 160, 30, 120] : [49, 50, 51, 50, 52, 48])))
  expect(spread[8]).toBeGreaterThan(2 * spread[9]!)
})

test('weeks that vary more than chance does make a dispersion that evens them', () => {
  const varied = history((hour) => [60, 80, 100, 120, 140].map((count) => count * (1 + (hour % 24))))
  const { dispersion } = weekProfile(varied)
  expect(dispersion).toBeGreaterThan(0.03)
  // 2/√α · asinh √αx grows as a logarithm: the same shares are the same distance.
  expect(stabilised(1_400, dispersion) - stabilised(1_000, dispersion)).toBeCloseTo(stabilised(140, dispersion) - stabilised(100, dispersion), 0)
})

test('nothing known makes a profile without a number that JSON lacks', () => {
  const profile = weekProfile(history(() => []))
  expect(JSON.parse(JSON.stringify(profile))).toEqual(profile)
})

test('hours of the week follow one another, before 1970 too', () => {
  fc.assert(fc.property(fc.integer({ min: -1e6, max: 1e9 }), (hour) => expect(hourOfWeek(hour + 1)).toBe((hourOfWeek(hour) + 1) % hoursPerWeek)))
})
