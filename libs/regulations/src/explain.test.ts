import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anyEvent } from './any-event-fixture.ts'
import { compileRuleSet } from './compile-rule-set.ts'
import type { CompiledRule } from './compiled-rule.ts'
import { evaluate } from './evaluate.ts'
import { explain, timelineNamesOf, type RuleExplanation } from './explain.ts'
import { loadPacks } from './load-packs.ts'
import { observe, stepsOf, type ObservedEvent } from './observe.ts'
import { inStory, storyData, timedRules, timedTypes } from './timed-pack-fixture.ts'
import { emptyTimeline, type Timeline } from './timeline.ts'

const builtin = compileRuleSet(await loadPacks())
const fail = (error: Error): never => {
  throw error
}
const firedIn = (explained: readonly RuleExplanation[]) => [...new Set(explained.filter(({ fired }) => fired).map(({ rule }) => rule))].sort()

test('what is explained as fired is what evaluating finds, for any event, with the same message and values', () => {
  let fired = 0
  fc.assert(
    fc.property(anyEvent, (event) => {
      const findings = evaluate(event, builtin)
      const explained = explain(event, builtin, { found: findings })
      const ofOneEvent = explained.filter(({ step }) => step === 'event')
      expect(ofOneEvent.filter((each) => each.fired).map(({ rule, message, values }) => ({ rule, message, values }))).toEqual(findings.map(({ rule, message, values }) => ({ rule, message, values })))
      expect(firedIn(explained)).toEqual([...new Set(findings.map(({ rule }) => rule))].sort())
      fired += findings.length
    }),
    { numRuns: 2_000 },
  )
  expect(fired).toBeGreaterThan(10)
})

test('a rule that did not fire is shown with the values it saw, absent ones as null', () => {
  const event = { type: 'com.ott.viewing-history.shared.v1', subject: 'viewer-1', time: '2026-01-15T12:00:00Z', data: { country: 'US', recipient: 'adnet', purpose: 'ads', vppaConsent: { given: true, at: '2026-01-01T00:00:00Z' } } }
  const explained = explain(event, builtin)
  const consent = explained.find(({ rule }) => rule === 'vppa.2710b.no-consent')
  expect(consent).toMatchObject({ fired: false, matched: false, step: 'event', citation: expect.stringContaining('2710'), source: expect.stringMatching(/^https:/) })
  expect(Object.keys(consent?.values ?? {}).length).toBeGreaterThan(0)
  expect(consent).not.toHaveProperty('message')
  const elsewhere = explain({ ...event, data: { ...event.data, country: 'JP' } }, builtin)
  expect(elsewhere.map(({ rule }) => rule)).not.toContain('vppa.2710b.no-consent')
})

test('a rule that can not be evaluated is shown as failed, and it is not claimed whether it fired', () => {
  const [rule] = builtin.for('com.ott.viewing-history.shared.v1', 'US')
  const broken = { ...rule, id: 'test.broken', holds: () => { throw new Error('secret of the event') } } as unknown as CompiledRule
  const [explained] = explain({ type: 'com.ott.viewing-history.shared.v1', subject: 'v', time: '2026-01-15T12:00:00Z', data: { country: 'US' } }, { ...builtin, for: () => [broken] })
  expect(explained).toMatchObject({ rule: 'test.broken', fired: null, failed: expect.any(String) })
  expect(JSON.stringify(explained)).not.toContain('secret')
})

describe('rules about several events', () => {
  const rules = timedRules()
  const dayMs = 86_400_000

  function live(events: readonly ObservedEvent[]): { timelines: Map<string, Timeline>; found: Map<string, string[]> } {
    const timelines = new Map<string, Timeline>()
    const found = new Map<string, string[]>()
    for (const event of events) {
      const fired = new Set(evaluate(event, rules).map(({ rule }) => rule))
      for (const [name, steps] of stepsOf(event, rules, fail)) {
        const seen = observe(timelines.get(name) ?? emptyTimeline, event, steps, dayMs)
        timelines.set(name, seen.timeline)
        for (const { rule } of seen.broken) fired.add(rules.byKey.get(rule)?.id ?? '')
      }
      found.set(event.key, [...fired].sort())
    }
    return { timelines, found }
  }

  const anyStory = fc
    .array(fc.record({ type: fc.constantFrom(...Object.values(timedTypes)), hours: fc.integer({ min: 0, max: 24 }), n: fc.nat(11) }), { minLength: 1, maxLength: 12 })
    .map((told) => told.map(({ type, hours, n }, index) => inStory(index, type, hours, storyData(type, n), `viewer-${n % 2}`)))

  test('fire in the explanation exactly where they fired when the event came, whatever came after it', () => {
    let fired = 0
    fc.assert(
      fc.property(anyStory, (events) => {
        const { timelines, found } = live(events)
        for (const event of events) {
          const explained = explain(event, rules, { timelines })
          const unknown = explained.filter(({ fired: each }) => each === null)
          // Of many last events timelines keep what a late first one could need.
          expect(unknown.filter(({ step }) => step !== 'last')).toEqual([])
          if (unknown.length === 0) expect([event.key, firedIn(explained)]).toEqual([event.key, found.get(event.key)])
          fired += firedIn(explained).length
        }
      }),
      { numRuns: 500 },
    )
    expect(fired).toBeGreaterThan(50)
  })

  const access = (n: number, viewer: string) => inStory(n, timedTypes.accessed, n / 10, { actor: 'e-1', actorRole: 'employee', records: 1 }, viewer)
  const harvest = [access(0, 'a'), access(1, 'b'), inStory(2, timedTypes.exported, 0.5, { actor: 'e-1', actorRole: 'employee', records: 9 }, 'c')]

  test('show how many of the first events they had counted, and since when', () => {
    const { timelines } = live(harvest)
    expect(explain(harvest[2] as ObservedEvent, rules, { timelines })).toMatchObject([
      { rule: 'test.harvest', step: 'last', fired: true, past: { kind: 'sequence', count: 2, atLeast: 2, since: harvest[0]?.time, until: harvest[2]?.time } },
    ])
    expect(explain(harvest[1] as ObservedEvent, rules, { timelines })).toMatchObject([{ step: 'first', fired: false, values: { 'data.actor': 'e-1', subject: 'b' }, past: { count: 2 } }])
  })

  test('show of a start when its period ends, and that it ended', () => {
    const asks = inStory(0, timedTypes.requested, 0, { requestId: 'r-1', right: 'access' })
    const answers = inStory(1, timedTypes.answered, 24, { requestId: 'r-1' })
    expect(explain(asks, rules, { timelines: live([asks]).timelines })).toMatchObject([{ step: 'start', fired: false, past: { kind: 'period', state: 'running', dueAt: '2026-02-14T12:00:00.000Z' } }])
    expect(explain(asks, rules, { timelines: live([asks, answers]).timelines })).toMatchObject([{ step: 'start', fired: false, past: { kind: 'period', state: 'ended' } }])
  })

  test('say that it is not known when nobody remembers the past, and go by what was found then', () => {
    const last = harvest[2] as ObservedEvent
    expect(explain(last, rules)).toMatchObject([{ rule: 'test.harvest', matched: true, fired: null }])
    expect(explain(last, rules, { found: [] })).toMatchObject([{ fired: false }])
    expect(explain(last, rules, { found: [{ rule: 'test.harvest', message: 'M', values: { 'after.count': 2 } }] })).toMatchObject([{ fired: true, message: 'M', values: { 'after.count': 2 } }])
  })

  test('name the rule that the end of a period broke', () => {
    const asks = inStory(0, timedTypes.requested, 0, { requestId: 'r-1', right: 'access' })
    const passed = { key: 'passed', type: 'com.ott.deadline.passed.v1', subject: 'viewer-1', time: '2026-02-14T12:00:00.000Z', receivedAtMs: asks.receivedAtMs + 32 * dayMs, data: {} }
    const { timelines } = live([asks, passed])
    expect(explain(passed, rules, { timelines })).toMatchObject([{ rule: 'test.unanswered', step: 'end', fired: true, values: { 'deadline.dueAt': passed.time } }])
    expect(explain({ ...passed, key: 'another' }, rules, { timelines })).toEqual([])
    expect(timelineNamesOf(passed, rules)).toEqual(['subject:viewer-1'])
    expect(timelineNamesOf(harvest[2] as ObservedEvent, rules)).toEqual(['data.actor:e-1'])
  })
})
