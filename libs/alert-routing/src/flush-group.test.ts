import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { aRoute, anAlert } from './alert-fixture.ts'
import { isResolved } from './alert.ts'
import { firstFlushAtMs, flushGroup, type FlushInput } from './flush-group.ts'

const minute = 60_000
const hook = { key: 'webhook[0]', sendResolved: true }
const a = anAlert({ id: 'a' })
const b = anAlert({ id: 'b' })
const ended = (alert: typeof a, endsAtMs: number) => ({ ...alert, endsAtMs })

const flush = (parts: Partial<FlushInput>) =>
  flushGroup({ route: aRoute(), integrations: [hook], alerts: [a], log: new Map(), mutedBy: () => undefined, isTimeMuted: false, nowMs: 0, ...parts })
const toldBy = ({ notifications }: ReturnType<typeof flushGroup>) =>
  notifications.map(({ reason, firing, resolved }) => [reason, firing.map(({ id }) => id).join(), resolved.map(({ id }) => id).join()])

test('a group waits for group_wait, unless an alert began longer ago', () => {
  expect(firstFlushAtMs(aRoute(), { startsAtMs: 1_000 }, 1_000)).toBe(31_000)
  expect(firstFlushAtMs(aRoute(), { startsAtMs: 1_000 }, 31_000)).toBe(61_000)
  expect(firstFlushAtMs(aRoute(), { startsAtMs: 1_000 }, 31_001)).toBe(31_001)
})

test('what fires is told once, and again only when something changes or repeat_interval went by', () => {
  const first = flush({})
  expect(toldBy(first)).toEqual([['first', 'a', '']])
  expect(first.nextFlushAtMs).toBe(5 * minute)
  expect(toldBy(flush({ log: first.log, nowMs: 5 * minute }))).toEqual([])
  expect(toldBy(flush({ log: first.log, nowMs: 240 * minute - 1 }))).toEqual([])
  expect(toldBy(flush({ log: first.log, nowMs: 240 * minute }))).toEqual([['repeat', 'a', '']])
  expect(toldBy(flush({ log: first.log, alerts: [a, b], nowMs: 5 * minute }))).toEqual([['new-firing', 'a,b', '']])
})

test('a change begins the repeat interval anew', () => {
  const second = flush({ log: flush({}).log, alerts: [a, b], nowMs: 200 * minute })
  expect(toldBy(flush({ log: second.log, alerts: [a, b], nowMs: 300 * minute }))).toEqual([])
  expect(toldBy(flush({ log: second.log, alerts: [a, b], nowMs: 440 * minute }))).toEqual([['repeat', 'a,b', '']])
})

test('a resolve is told, leaves the group, and ends it where nothing else is in it', () => {
  const both = flush({ alerts: [a, b] })
  const one = flush({ log: both.log, alerts: [ended(a, 1), b], nowMs: 5 * minute })
  expect(toldBy(one)).toEqual([['resolved', 'b', 'a']])
  expect([one.drop, one.nextFlushAtMs]).toEqual([['a'], 10 * minute])
  const last = flush({ log: one.log, alerts: [ended(b, 2)], nowMs: 10 * minute })
  expect(toldBy(last)).toEqual([['resolved', '', 'b']])
  expect([last.drop, last.nextFlushAtMs]).toEqual([['b'], undefined])
})

test('what was resolved before anybody was told is not told, and ends the group', () => {
  const none = flush({ alerts: [ended(a, 0)] })
  expect(toldBy(none)).toEqual([])
  expect([none.drop, none.nextFlushAtMs]).toEqual([['a'], undefined])
})

test('an integration that sends no resolves hears of none, and of what fires anew after one', () => {
  const quiet = { ...hook, sendResolved: false }
  const first = flush({ integrations: [quiet], alerts: [a, b] })
  const one = flush({ integrations: [quiet], log: first.log, alerts: [ended(a, 1), b], nowMs: 5 * minute })
  expect(toldBy(one)).toEqual([])
  const all = flush({ integrations: [quiet], log: one.log, alerts: [ended(b, 1)], nowMs: 10 * minute })
  expect(toldBy(all)).toEqual([])
  expect(toldBy(flush({ integrations: [quiet], log: all.log, alerts: [b], nowMs: 15 * minute }))).toEqual([['new-firing', 'b', '']])
})

test('each integration is told by what it knows itself', () => {
  const other = { key: 'email[0]', sendResolved: false }
  const first = flush({})
  const second = flush({ integrations: [hook, other], log: first.log, nowMs: 5 * minute })
  expect(second.notifications.map(({ integrationKey, reason }) => [integrationKey, reason])).toEqual([['email[0]', 'first']])
})

test.each(['silenced', 'inhibited'] as const)('what is %s is left out, and told when it is no longer', (how) => {
  const first = flush({ alerts: [a, b], mutedBy: ({ id }) => (id === 'a' ? how : undefined) })
  expect(toldBy(first)).toEqual([['first', 'b', '']])
  expect(toldBy(flush({ log: first.log, alerts: [a, b], nowMs: 5 * minute }))).toEqual([['new-firing', 'a,b', '']])
})

test('a route muted by the time tells nothing, and everything afterwards', () => {
  const muted = flush({ isTimeMuted: true })
  expect(toldBy(muted)).toEqual([])
  expect(muted.nextFlushAtMs).toBe(5 * minute)
  expect(toldBy(flush({ log: muted.log, nowMs: 5 * minute }))).toEqual([['first', 'a', '']])
})

test.each([{ mutedBy: () => 'silenced' as const }, { mutedBy: () => 'inhibited' as const }, { isTimeMuted: true }])('a resolve is told although the alert is muted: %j', (muting) => {
  const first = flush({ alerts: [a, b] })
  const later = flush({ log: first.log, alerts: [ended(a, 1), b], nowMs: 5 * minute, ...muting })
  expect(toldBy(later)).toEqual([['resolved', '', 'a']])
  // The one that still fires and was told is neither new afterwards, nor is its repeat put off.
  expect(toldBy(flush({ log: later.log, alerts: [b], nowMs: 10 * minute }))).toEqual([])
  expect(toldBy(flush({ log: later.log, alerts: [b], nowMs: 240 * minute }))).toEqual([['repeat', 'b', '']])
})

test('a resolve is told of what a silence hid while others were told of', () => {
  const first = flush({ alerts: [a, b] })
  const mutedBy = ({ id }: { id: string }) => (id === 'a' ? 'silenced' as const : undefined)
  const c = anAlert({ id: 'c' })
  const second = flush({ log: first.log, alerts: [a, b, c], nowMs: 5 * minute, mutedBy })
  expect(toldBy(second)).toEqual([['new-firing', 'b,c', '']])
  expect(toldBy(flush({ log: second.log, alerts: [ended(a, 1), b, c], nowMs: 10 * minute, mutedBy }))).toEqual([['resolved', 'b,c', 'a']])
})

test('a resolve is told of what a silence hid while all others ended', () => {
  const mutedBy = ({ id }: { id: string }) => (id === 'a' ? ('silenced' as const) : undefined)
  const first = flush({ alerts: [a, b] })
  const second = flush({ log: first.log, alerts: [a, ended(b, 1)], nowMs: 5 * minute, mutedBy })
  expect(toldBy(second)).toEqual([['resolved', '', 'b']])
  expect(toldBy(flush({ log: second.log, alerts: [ended(a, 1)], nowMs: 10 * minute, mutedBy }))).toEqual([['resolved', '', 'a']])
})

test('what was never told as firing and is muted when it resolves stays untold', () => {
  const first = flush({ alerts: [a, b], mutedBy: ({ id }) => (id === 'a' ? 'silenced' : undefined) })
  const second = flush({ log: first.log, alerts: [ended(a, 1), b], nowMs: 5 * minute, mutedBy: ({ id }) => (id === 'a' ? 'silenced' : undefined) })
  expect(toldBy(second)).toEqual([])
  expect(second.drop).toEqual(['a'])
})

test('a repeat needs an alert that fires and that nobody has acknowledged', () => {
  const { log } = flush({ alerts: [a, b] })
  const known = (alert: typeof a) => ({ ...alert, isAcknowledged: true })
  expect(toldBy(flush({ log, alerts: [known(a), known(b)], nowMs: 240 * minute }))).toEqual([])
  expect(toldBy(flush({ log, alerts: [known(a), b], nowMs: 240 * minute }))).toEqual([['repeat', 'a,b', '']])
  expect(toldBy(flush({ log, alerts: [known(a), ended(b, 1)], nowMs: 5 * minute }))).toEqual([['resolved', 'a', 'b']])
})

test('whatever happens, each alert told as firing is told as resolved once it is, and none twice in a row', () => {
  const ids = ['a', 'b', 'c']
  const step = fc.record({
    over: fc.subarray(ids),
    muted: fc.subarray(ids),
    joins: fc.subarray(ids),
    isTimeMuted: fc.boolean(),
    minutes: fc.integer({ min: 5, max: 300 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const open = new Set<string>()
      let members: typeof a[] = []
      let log: FlushInput['log'] = new Map()
      let nowMs = 0
      const once = (muted: string[], isTimeMuted: boolean) => {
        const result = flush({ alerts: members, log, nowMs, isTimeMuted, mutedBy: ({ id }) => (muted.includes(id) ? 'silenced' : undefined) })
        for (const { firing, resolved } of result.notifications) {
          expect(firing.length + resolved.length).toBeGreaterThan(0)
          for (const { id } of firing) open.add(id)
          for (const { id } of resolved) open.delete(id)
          expect(firing.every((alert) => !isResolved(alert, nowMs) && !muted.includes(alert.id) && !isTimeMuted)).toBe(true)
        }
        members = members.filter(({ id }) => !result.drop.includes(id))
        log = result.nextFlushAtMs === undefined ? new Map() : result.log
      }
      for (const { over, muted, joins, isTimeMuted, minutes } of steps) {
        nowMs += minutes * minute
        members = members.map((alert) => (over.includes(alert.id) ? { ...alert, endsAtMs: nowMs } : alert))
        members.push(...joins.filter((id) => !members.some((member) => member.id === id)).map((id) => anAlert({ id, startsAtMs: nowMs })))
        once(muted, isTimeMuted)
        // Whoever believes that something fires is told as soon as it doesn't.
        expect([...open].every((id) => members.some((member) => member.id === id))).toBe(true)
      }
      members = members.map((alert) => ({ ...alert, endsAtMs: nowMs }))
      once(ids, true)
      expect([open.size, members.length]).toEqual([0, 0])
    }),
    { numRuns: 1_000 },
  )
})
