import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { defaultRetrySchedule, nextAttemptMs, parseRetryAfter, parseRetrySchedule, retryAfterMsMax } from './retry-schedule.ts'

const waitsMs = parseRetrySchedule(defaultRetrySchedule)
const nowMs = Date.parse('2026-03-01T12:00:00Z')
const after = (tries: number, parts: { chance?: number; retryAfterMs?: number } = {}) => nextAttemptMs({ tries, waitsMs, chance: parts.chance ?? 0.5, nowMs, retryAfterMs: parts.retryAfterMs })

describe('the schedule', () => {
  test('waits 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h, and gives up after the tenth try', () => {
    const minutes = [5 / 60, 5, 30, 120, 300, 600, 840, 1_200, 1_440]
    expect(minutes.map((_, place) => after(place + 1))).toEqual(minutes.map((wait) => nowMs + wait * 60_000))
    expect([after(10), after(11)]).toEqual([undefined, undefined])
  })

  test('moves each wait by at most a fifth', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.double({ min: 0, max: 1, noNaN: true }), (tries, chance) => {
        const wait = waitsMs[tries - 1] ?? 0
        const moved = (after(tries, { chance }) ?? 0) - nowMs
        return moved >= wait * 0.8 - 1 && moved <= wait * 1.2 + 1
      }),
    )
    expect([after(1, { chance: 0 }), after(1, { chance: 1 })]).toEqual([nowMs + 4_000, nowMs + 6_000])
  })

  test('never comes sooner than the server asked for, for a day at most', () => {
    expect(after(1, { retryAfterMs: 60_000 })).toBe(nowMs + 60_000)
    expect(after(4, { retryAfterMs: 60_000 })).toBe(after(4))
    expect(after(1, { retryAfterMs: 1e12 })).toBe(nowMs + retryAfterMsMax)
    expect(after(10, { retryAfterMs: 1 })).toBeUndefined()
  })

  test.each(['', '5', '5 s', '5d', '-5s', '5s,,5m', '0s', '169h', Array(51).fill('1s').join(',')])('written as "%s" is refused', (text) => {
    expect(() => parseRetrySchedule(text)).toThrow('DELIVERY_RETRY_SCHEDULE')
  })
})

describe('Retry-After', () => {
  test.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['999999999', retryAfterMsMax],
    ['Sun, 01 Mar 2026 12:01:30 GMT', 90_000],
    ['Sunday, 01-Mar-26 12:01:30 GMT', 90_000],
    ['Sun Mar  1 12:01:30 2026', 90_000],
    ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
    ['Sun, 01 Mar 2099 11:00:00 GMT', retryAfterMsMax],
  ])('"%s" is %d ms', (text, ms) => {
    expect(parseRetryAfter(text, nowMs)).toBe(ms)
  })

  test.each([undefined, '', 'soon', '-1', '1.5', '2026-03-01T12:01:30Z', 'Sun, 99 Foo 2026 12:01:30 GMT'])('"%s" says nothing', (text) => {
    expect(parseRetryAfter(text, nowMs)).toBeUndefined()
  })
})
