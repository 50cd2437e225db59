import { expect, test } from '@jest/globals'
import { learnAt, noProfile, usualAt } from './day-profile.ts'

const day = 86_400_000
const at = (days: number, hours: number) => days * day + hours * 3_600_000

test('a half hour is known only by the days before: the first day judges nothing', () => {
  const profile = learnAt(learnAt(noProfile, at(3, 20), 10), at(3, 20.2), 20)
  expect(usualAt(profile, at(3, 20.4))).toBeUndefined()
  expect(usualAt(profile, at(4, 20))).toBe(15)
  expect(usualAt(profile, at(4, 20.5))).toBeUndefined()
})

test('what is usual follows a lasting change: half way after some fifty values', () => {
  let profile = noProfile
  for (let index = 0; index < 400; index += 1) profile = learnAt(profile, at(index, 8), 0)
  for (let index = 0; index < 35; index += 1) profile = learnAt(profile, at(400 + index, 8), 1)
  expect(Math.abs(usualAt(profile, at(500, 8))! - 0.5)).toBeLessThan(0.02)
})

test('times before 1970 and the end of a day fall into a half hour of their own', () => {
  const profile = learnAt(noProfile, -1, 7)
  expect(usualAt(profile, day - 1)).toBe(7)
  expect(usualAt(profile, 0)).toBeUndefined()
})
