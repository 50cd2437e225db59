import { expect, test } from '@jest/globals'
import { afterRest, rested } from './refractory.ts'

function sharesOf(loudness: readonly number[]): number[] {
  let state = rested
  return loudness.map((value) => {
    const heard = afterRest(state, value)
    state = heard.state
    return heard.share
  })
}

test('of an event that lasts, the first value counts in full and the others three tenths', () => {
  expect(sharesOf([5, 5, 4, 5.9])).toEqual([1, 0.3, 0.3, 0.3])
})

test('an event that is 1.2 times as loud is heard during the rest, and sets the mark for the next', () => {
  expect(sharesOf([5, 6.1, 7, 7.4])).toEqual([1, 1, 0.3, 1])
})

test('after 200 values the next event is heard again, however loud the last was', () => {
  const shares = sharesOf([5, ...new Array<number>(200).fill(0), 1])
  expect(shares.at(-1)).toBe(1)
  expect(sharesOf([5, ...new Array<number>(199).fill(0), 1]).at(-1)).toBe(0.3)
})

test('silence starts no rest', () => {
  expect(afterRest(rested, 0).state).toEqual(rested)
})
