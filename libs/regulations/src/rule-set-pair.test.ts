import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { CompiledRuleSet } from './compile-rule-set.ts'
import { evaluate } from './evaluate.ts'
import { observe, stepsOf, type ObservedEvent } from './observe.ts'
import { brokenByItself, findingsBy, observeAfterPeriods, pairOf, passPeriods } from './rule-set-pair.ts'
import { inStory, storyData, timedRules, timedTypes } from './timed-pack-fixture.ts'
import { emptyTimeline, type Timeline } from './timeline.ts'

const dayMs = 86_400_000
/** Within this, judging together and alone agree: what is later may be forgotten by the one and kept by the other. */
const latenessMs = 20 * dayMs
const live = timedRules()
const candidate = timedRules({
  personalised: { severity: 'critical' },
  harvest: { after: { eventTypes: [timedTypes.accessed], within: 'PT2H', atLeast: 1, distinct: 'subject', per: 'data.actor' } },
  unanswered: { deadline: { within: 'P7D', match: 'data.requestId', until: { eventTypes: [timedTypes.answered] } } },
})
const pair = pairOf(live, candidate)
const fail = (error: Error): never => {
  throw error
}

/** What each event finds by each side, both judged together. */
function judgedTogether(events: readonly ObservedEvent[]): string[][][] {
  const timelines = new Map<string, Timeline>()
  return events.map((event) => {
    const broken = brokenByItself(event, pair, fail)
    for (const [name, steps] of stepsOf(event, pair.union, fail)) {
      const seen = observe(timelines.get(name) ?? emptyTimeline, event, steps, latenessMs)
      timelines.set(name, seen.timeline)
      broken.push(...seen.broken.map(({ rule }) => rule))
    }
    return [live, candidate].map((side) => findingsBy(side, broken).map(({ rule, severity }) => `${rule} ${severity}`).sort())
  })
}

function judgedAlone(events: readonly ObservedEvent[], rules: CompiledRuleSet): string[][] {
  const timelines = new Map<string, Timeline>()
  return events.map((event) => {
    const found = evaluate(event, rules).map(({ rule, severity }) => `${rule} ${severity}`)
    for (const [name, steps] of stepsOf(event, rules, fail)) {
      const seen = observe(timelines.get(name) ?? emptyTimeline, event, steps, latenessMs)
      timelines.set(name, seen.timeline)
      for (const { rule } of seen.broken) found.push(`${rules.byKey.get(rule)?.id} ${rules.byKey.get(rule)?.severity}`)
    }
    return found.sort()
  })
}

const anyStory = fc
  .array(fc.record({ type: fc.constantFrom(...Object.values(timedTypes)), hours: fc.integer({ min: 0, max: 400 }), n: fc.nat(11) }), { maxLength: 12 })
  .map((told) => told.map(({ type, hours, n }, index) => inStory(index, type, hours, storyData(type, n), `viewer-${n % 2}`)))

test('judging two rule sets together finds for each what it finds alone', () => {
  let differing = 0
  fc.assert(
    fc.property(anyStory, (events) => {
      const together = judgedTogether(events)
      expect(together.map(([ofLive]) => ofLive)).toEqual(judgedAlone(events, live))
      expect(together.map(([, ofCandidate]) => ofCandidate)).toEqual(judgedAlone(events, candidate))
      differing += together.filter(([a, b]) => String(a) !== String(b)).length
    }),
    { numRuns: 500 },
  )
  expect(differing).toBeGreaterThan(50)
})

test('a rule that both have is evaluated once', () => {
  expect(pair.union.rules.length).toBe(live.rules.length + 2)
  expect(pairOf(live, live).union.rules).toEqual(live.rules)
})

const asks = inStory(0, timedTypes.requested, 0, { requestId: 'r-1', right: 'access' })
const opened = stepsOf(asks, pair.union, fail).get('subject:viewer-1') ?? []
const asked = observe(emptyTimeline, asks, opened, dayMs).timeline

test('a period passes once no late answer can come, names what started it, and passes once', () => {
  const endOf = (days: number) => asks.receivedAtMs + (days + 1) * dayMs
  expect(passPeriods('subject:viewer-1', asked, endOf(7) - 1, dayMs)).toEqual({ timeline: asked, passed: [] })
  const first = passPeriods('subject:viewer-1', asked, endOf(7), dayMs)
  expect(first.passed).toEqual([{ dueMs: endOf(6), broken: [{ rule: candidate.rules.at(-1)?.key, startedBy: 'event-0' }] }])
  const all = passPeriods('subject:viewer-1', first.timeline, endOf(30), dayMs)
  expect(all.passed).toEqual([{ dueMs: endOf(29), broken: [{ rule: live.rules.at(-1)?.key, startedBy: 'event-0' }] }])
  expect(passPeriods('subject:viewer-1', all.timeline, endOf(400), dayMs).passed).toEqual([])
})

test('an answer that arrives after a period was decided finds it passed, and breaks nothing again', () => {
  const late = inStory(1, timedTypes.answered, 24 * 20, { requestId: 'r-1' })
  const steps = stepsOf(late, pair.union, fail).get('subject:viewer-1') ?? []
  const { broken, passed } = observeAfterPeriods('subject:viewer-1', asked, late, steps, dayMs)
  expect(passed).toHaveLength(1)
  expect(broken).toEqual([])
})
