import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compileRuleSet } from './compile-rule-set.ts'
import { observe, stepsOf, type ObservedEvent } from './observe.ts'
import { aPack } from './pack-fixture.ts'
import { emptyTimeline, nextDeadline, timelineEntriesMax, type Timeline } from './timeline.ts'

const hourMs = 3_600_000
const start = Date.parse('2026-01-15T12:00:00Z')
const lateMs = 24 * hourMs

const adProfile = 'com.ott.ad-profile.built.v1'
const consentChanged = 'com.ott.consent.changed.v1'
const exported = 'com.ott.personal-data.exported.v1'
const accessed = 'com.ott.personal-data.accessed.v1'
const requested = 'com.ott.data-subject-request.received.v1'
const answered = 'com.ott.data-subject-request.answered.v1'
const extended = 'com.ott.data-subject-request.extended.v1'

const pack = aPack([
  {
    id: 'test.profiled-after-withdrawal',
    eventTypes: [adProfile],
    when: 'true',
    message: 'M',
    after: { eventTypes: [consentChanged], when: '!event.data.granted', within: 'PT24H' },
    unless: { eventTypes: [consentChanged], when: 'event.data.granted' },
  },
  {
    id: 'test.harvest',
    eventTypes: [exported],
    when: 'event.data.actorRole == "employee"',
    message: 'M',
    after: { eventTypes: [accessed], when: 'event.data.actorRole == "employee"', within: 'PT1H', atLeast: 3, distinct: 'subject', per: 'data.actor' },
  },
  {
    id: 'test.guessed',
    eventTypes: ['com.ott.signin.succeeded.v1'],
    when: 'true',
    message: 'M',
    after: { eventTypes: ['com.ott.signin.failed.v1'], within: 'PT1H', atLeast: 2, lookBackOnly: true },
  },
  {
    id: 'test.unanswered',
    eventTypes: [requested],
    when: 'event.data.right == "access"',
    message: 'M',
    deadline: {
      within: 'P30D',
      match: 'data.requestId',
      until: { eventTypes: [answered] },
      extension: { eventTypes: [extended], within: 'P90D' },
    },
  },
])
const rules = compileRuleSet([{ ...pack, rules: pack.rules.map((rule) => ({ ...rule, jurisdictions: 'worldwide' as const })) }])
const idOf = new Map(rules.rules.map(({ key, id }) => [key, id]))

function anEvent(type: string, hours: number, data: Record<string, unknown> = {}, subject = 'viewer-1'): ObservedEvent {
  const atMs = start + hours * hourMs
  return { key: `${type}/${hours}/${subject}/${JSON.stringify(data)}`, type, subject, time: new Date(atMs).toISOString(), receivedAtMs: atMs, data }
}

/** Takes events in, in the order of arrival, and tells for each the rules it broke. */
function arrive(events: readonly ObservedEvent[], timelines = new Map<string, Timeline>(), latenessMs = lateMs): string[][] {
  return events.map((event) => {
    const broken: string[] = []
    for (const [name, steps] of stepsOf(event, rules, (error) => { throw error })) {
      const seen = observe(timelines.get(name) ?? emptyTimeline, event, steps, latenessMs)
      timelines.set(name, seen.timeline)
      broken.push(...seen.broken.map(({ rule }) => idOf.get(rule) ?? rule))
    }
    return broken
  })
}

const withdrawn = (hours: number) => anEvent(consentChanged, hours, { purpose: 'ads', granted: false })
const granted = (hours: number) => anEvent(consentChanged, hours, { purpose: 'ads', granted: true })
const profiled = (hours: number) => anEvent(adProfile, hours)
const broken = ['test.profiled-after-withdrawal']

describe('a sequence', () => {
  test('breaks the rule when the last event comes within the period', () => {
    expect(arrive([withdrawn(0), profiled(24)])).toEqual([[], broken])
    expect(arrive([withdrawn(0), profiled(24.01)])).toEqual([[], []])
    expect(arrive([profiled(0), withdrawn(1)])).toEqual([[], []])
  })

  test('counts by event time: a first event that arrives late breaks the rule when it arrives', () => {
    expect(arrive([profiled(5), withdrawn(4)])).toEqual([[], broken])
    expect(arrive([profiled(5), withdrawn(4), withdrawn(3)])).toEqual([[], broken, []])
  })

  test('is harmless when something lifted it in between', () => {
    expect(arrive([withdrawn(0), granted(1), profiled(2)])).toEqual([[], [], []])
    expect(arrive([granted(0), withdrawn(1), profiled(2)])).toEqual([[], [], broken])
    expect(arrive([profiled(5), granted(4), withdrawn(3)])).toEqual([[], [], []])
  })

  test('of one viewer says nothing of another', () => {
    expect(arrive([withdrawn(0), anEvent(adProfile, 1, {}, 'viewer-2')])).toEqual([[], []])
  })

  test('may go by another field than the viewer, and count different viewers', () => {
    const look = (viewer: string, hours: number, actor = 'e-1') => anEvent(accessed, hours, { actor, actorRole: 'employee', records: 1 }, viewer)
    const takes = (hours: number, actor = 'e-1') => anEvent(exported, hours, { actor, actorRole: 'employee', records: 1 }, 'viewer-9')
    expect(arrive([look('a', 0), look('b', 0.1), look('c', 0.2), takes(0.5)]).at(-1)).toEqual(['test.harvest'])
    expect(arrive([look('a', 0), look('b', 0.1), look('b', 0.2), takes(0.5)]).at(-1)).toEqual([])
    expect(arrive([look('a', 0), look('b', 0.1), look('c', 0.2, 'e-2'), takes(0.5)]).at(-1)).toEqual([])
    expect(arrive([look('a', 0), look('b', 0.6), look('c', 0.7), takes(1.1)]).at(-1)).toEqual([])
  })

  test('that only looks back finds what came before and remembers nothing of its own event', () => {
    const fails = (hours: number) => anEvent('com.ott.signin.failed.v1', hours, { attempts: 1 })
    const enters = (hours: number) => anEvent('com.ott.signin.succeeded.v1', hours)
    expect(arrive([fails(0), fails(0.1), enters(0.2), enters(0.3), enters(1.2)])).toEqual([[], [], ['test.guessed'], ['test.guessed'], []])
    expect(arrive([fails(0), enters(0.2), fails(0.1)])).toEqual([[], [], []])
    const timelines = new Map<string, Timeline>()
    arrive([enters(0), enters(1)], timelines)
    expect([...timelines.values()].map(({ entries }) => entries)).toEqual([[]])
  })

  test('remembers of many last events only what a late first one could need', () => {
    const timelines = new Map<string, Timeline>()
    arrive(Array.from({ length: 200 }, (_, n) => profiled(n / 4)), timelines)
    const [timeline = emptyTimeline] = timelines.values()
    expect(timeline.entries.length).toBeLessThan(8)
    expect(arrive([withdrawn(49.6)], timelines)).toEqual([broken])
  })

  test('that is broken is broken in every order of arrival', () => {
    const events = fc.array(fc.record({ isLast: fc.boolean(), hours: fc.integer({ min: 0, max: 40 }) }), { minLength: 1, maxLength: 12 })
    const isBroken = (arrived: readonly ObservedEvent[]) => arrive(arrived, new Map(), 48 * hourMs).flat().length > 0
    fc.assert(
      fc.property(events, fc.infiniteStream(fc.nat()), (told, chance) => {
        const all = told.map(({ isLast, hours }) => (isLast ? profiled(hours) : withdrawn(hours)))
        const keys = new Map(all.map((event) => [event, chance.next().value]))
        const shuffled = [...all].sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0))
        const expected = all.some((last) => last.type === adProfile && all.some((first) => {
          const apart = Date.parse(last.time) - Date.parse(first.time)
          return first.type === consentChanged && apart >= 0 && apart <= 24 * hourMs
        }))
        return isBroken(shuffled) === expected && isBroken(all) === expected
      }),
      { numRuns: 2_000 },
    )
  })
})

const day = 24
const asks = (hours = 0, requestId = 'r-1') => anEvent(requested, hours, { requestId, right: 'access' })
const answers = (hours: number, requestId = 'r-1') => anEvent(answered, hours, { requestId, outcome: 'fulfilled' })
const prolongs = (hours: number) => anEvent(extended, hours, { requestId: 'r-1' })
const passes = (hours: number) => anEvent('com.ott.deadline.passed.v1', hours)
const late = ['test.unanswered']

describe('a deadline', () => {
  test('that nothing answers breaks the rule when it is found to have passed, once', () => {
    expect(arrive([asks(), passes(29 * day), passes(30 * day), passes(31 * day)])).toEqual([[], [], late, []])
  })

  test('is kept by an answer in time, even one that arrives late', () => {
    expect(arrive([asks(), answers(30 * day), passes(30 * day)])).toEqual([[], [], []])
    expect(arrive([answers(10 * day), asks(), passes(30 * day)])).toEqual([[], [], []])
  })

  test('is broken by an answer that is too late, once', () => {
    expect(arrive([asks(), answers(30 * day + 1), passes(31 * day)])).toEqual([[], late, []])
    expect(arrive([answers(30 * day + 1), asks(), passes(31 * day)])).toEqual([[], late, []])
  })

  test('is answered by what matches it only', () => {
    expect(arrive([asks(0, 'r-1'), asks(1, 'r-2'), answers(5, 'r-2'), passes(31 * day)])).toEqual([[], [], [], late])
  })

  test('is prolonged by an extension that comes in time', () => {
    expect(arrive([asks(), prolongs(20 * day), passes(30 * day), answers(89 * day)])).toEqual([[], [], [], []])
    expect(arrive([asks(), prolongs(20 * day), passes(90 * day)])).toEqual([[], [], late])
    expect(arrive([asks(), prolongs(31 * day), passes(31 * day)])).toEqual([[], [], late])
    expect(arrive([prolongs(20 * day), asks(), passes(30 * day), answers(89 * day)])).toEqual([[], [], [], []])
  })

  test('tells when it is to be looked at: never before what arrives late could have come', () => {
    const timelines = new Map<string, Timeline>()
    arrive([asks()], timelines)
    const dueMs = start + 30 * day * hourMs
    const [timeline = emptyTimeline] = timelines.values()
    expect(nextDeadline(timeline)).toEqual({ dueMs, decideAtMs: dueMs + lateMs })
    expect(nextDeadline(timeline, () => false)).toBeUndefined()

    const longAgo = new Map<string, Timeline>()
    arrive([{ ...asks(), receivedAtMs: dueMs + 500 * hourMs }], longAgo)
    expect(nextDeadline(longAgo.values().next().value ?? emptyTimeline)).toEqual({ dueMs, decideAtMs: dueMs + 500 * hourMs + lateMs })
    arrive([answers(1)], timelines)
    expect(nextDeadline(timelines.values().next().value ?? emptyTimeline)).toBeUndefined()
  })
})

test('an event that comes again finds the same and changes nothing', () => {
  const timelines = new Map<string, Timeline>()
  const events = [withdrawn(0), profiled(1), asks(), passes(31 * day), granted(2)].map((event) => ({ ...event, receivedAtMs: start }))
  const first = arrive(events, timelines)
  const after = JSON.stringify([...timelines])
  expect(arrive(events, timelines)).toEqual(first)
  expect(JSON.stringify([...timelines])).toBe(after)
})

test('a timeline goes through JSON unharmed', () => {
  const timelines = new Map<string, Timeline>()
  arrive([withdrawn(0), asks(1)], timelines)
  const copied = new Map([...timelines].map(([name, timeline]) => [name, JSON.parse(JSON.stringify(timeline)) as Timeline]))
  expect(arrive([profiled(2), passes(31 * day)], copied)).toEqual([broken, late])
})

test('what can no longer matter is forgotten, and a timeline is bounded, open periods going last', () => {
  const timelines = new Map<string, Timeline>()
  arrive([withdrawn(0), withdrawn(100)], timelines)
  expect([...timelines.values()].map(({ entries }) => entries.length)).toEqual([1])
  arrive([asks(100), ...Array.from({ length: timelineEntriesMax + 5 }, (_, n) => withdrawn(100 + n / 1_000))], timelines)
  const [timeline = emptyTimeline] = timelines.values()
  expect(timeline.entries).toHaveLength(timelineEntriesMax)
  expect(nextDeadline(timeline)).toBeDefined()
})
