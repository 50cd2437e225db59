import { expect, test } from '@jest/globals'
import { anAlert } from './alert-fixture.ts'
import { isResolved, toldOf } from './alert.ts'

const telling = { labels: { a: '1' }, annotations: {}, startsAtMs: undefined, endsAtMs: undefined }
const at = (nowMs: number) => ({ nowMs, resolveTimeoutMs: 300 })

test('an alert is resolved from its end on, and never without one', () => {
  expect([99, 100].map((nowMs) => isResolved({ endsAtMs: 100 }, nowMs))).toEqual([false, true])
  expect(isResolved({ endsAtMs: undefined }, Number.MAX_SAFE_INTEGER)).toBe(false)
})

test('without times it starts now and ends after resolve_timeout; with an end alone it starts there', () => {
  expect(toldOf(undefined, 'a', telling, at(1_000))).toMatchObject({ startsAtMs: 1_000, endsAtMs: 1_300 })
  expect(toldOf(undefined, 'a', { ...telling, endsAtMs: 900 }, at(1_000))).toMatchObject({ startsAtMs: 900, endsAtMs: 900 })
})

test('told again, it keeps its start and moves its timeout', () => {
  const known = toldOf(undefined, 'a', telling, at(1_000))
  expect(toldOf(known, 'a', telling, at(1_200))).toMatchObject({ startsAtMs: 1_000, endsAtMs: 1_500 })
})

test('an end that was said stands against an earlier timeout, a timeout not against what is said', () => {
  const said = toldOf(undefined, 'a', { ...telling, endsAtMs: 9_000, startsAtMs: 1_000 }, at(1_000))
  expect(toldOf(said, 'a', telling, at(1_100)).endsAtMs).toBe(9_000)
  const timed = toldOf(undefined, 'a', telling, at(1_000))
  expect(toldOf(timed, 'a', { ...telling, startsAtMs: 1_000, endsAtMs: 1_250 }, at(1_100)).endsAtMs).toBe(1_250)
})

test('a resolve ends it with the start it had, and firing anew begins anew', () => {
  const known = toldOf(undefined, 'a', telling, at(1_000))
  const over = toldOf(known, 'a', { ...telling, endsAtMs: 1_100 }, at(1_100))
  expect(over).toMatchObject({ startsAtMs: 1_000, endsAtMs: 1_100 })
  expect(toldOf(over, 'a', telling, at(1_200))).toMatchObject({ startsAtMs: 1_200, endsAtMs: 1_500 })
})

test('an acknowledgement lasts until the alert is resolved', () => {
  const known = anAlert({ endsAtMs: 1_300, isAcknowledged: true })
  expect(toldOf(known, 'a', telling, at(1_200)).isAcknowledged).toBe(true)
  expect(toldOf(known, 'a', telling, at(1_400)).isAcknowledged).toBe(false)
})
