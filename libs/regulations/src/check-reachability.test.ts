import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { ViewerEventType } from '@ott/contracts/viewer-event-types'
import { checkReachability, searchBudgetOfCheck } from './check-reachability.ts'
import { compilePack } from './compile-pack.ts'
import { ruleSetOf } from './compile-rule-set.ts'
import { evaluate } from './evaluate.ts'
import { loadPacks } from './load-packs.ts'
import { aPack } from './pack-fixture.ts'

const impression: ViewerEventType = 'com.ott.ad.impression.v1'
const incident: ViewerEventType = 'com.ott.incident.detected.v1'

function compiled(when: string, overrides: object = {}, lists: object = {}) {
  const pack = aPack([{ when, message: 'M', ...overrides }], { lists })
  const [rule] = compilePack(pack).rules
  if (rule === undefined) throw new Error('does not compile')
  return { rule, lists: pack.lists }
}

function check(when: string, overrides: object = {}, lists: object = {}, left = searchBudgetOfCheck) {
  const { rule, lists: named } = compiled(when, overrides, lists)
  return checkReachability(rule, { lists: named, budget: { left } })
}
const problemsOf = (...given: Parameters<typeof check>) => check(...given).problems

const examplesOf = (type: string) => ({ eventTypes: [type], examples: ['a', 'b', 'c', 'd'].map((name, index) => ({ name, fires: index < 2, data: {} })) })

describe('a condition that can never be true is refused where it becomes impossible', () => {
  test.each([
    ['false', 'false', 1],
    ['a contradiction', 'event.data.personalised && !event.data.personalised', 28],
    ['a contradiction across others', 'event.data.personalised && event.data.campaignId == "x" && !event.data.personalised', 60],
    ['a contradiction behind brackets', '!(event.data.personalised || event.data.campaignId == "x") && event.data.campaignId == "x"', 63],
    ['a contradiction by parts', '(event.data.personalised || event.data.campaignId == "x") && !event.data.personalised && event.data.campaignId != "x"', 90],
    ['one field with two values', 'event.data.campaignId == "a" && event.data.campaignId == "b"', 33],
    ['a value that is excluded', 'event.data.campaignId == "a" && event.data.campaignId in ["b", "c"]', 33],
    ['two lists without a common word', 'event.data.campaignId in one && event.data.campaignId in two', 33],
    ['membership of nothing', 'event.data.personalised && event.data.campaignId in []', 28],
    ['what is absent and read', '!has(event.data.gpc) && has(event.data.gpc) && event.data.gpc', 25],
    ['what is inside of what is absent', '!has(event.data.consent) && has(event.data.consent.ads)', 29],
    ['another country than those of the rule', 'event.data.personalised && has(event.data.country) && event.data.country == "US"', 55],
    ['no country where the rule needs one', '!has(event.data.country)', 1],
    ['the same expression both ways', 'event.data.campaignId.startsWith("a") && !event.data.campaignId.startsWith("a")', 42],
    ['another type', 'event.type == "com.ott.playback.started.v1"', 1],
    ['a choice of two impossibilities', 'event.data.personalised ? event.data.campaignId in [] : event.data.personalised', 1],
    ['constants', '1 > 2', 1],
    ['a list longer than may be', 'has(event.data.segments) && size(event.data.segments) > 64', 29],
    ['a list shorter than empty', 'has(event.data.segments) && event.data.segments.size() < 0', 29],
  ])('%s', (_what, when, column) => {
    expect(problemsOf(when, {}, { one: ['a', 'b'], two: ['c'] })).toEqual([{ field: 'when', problem: expect.stringMatching(/^can never be true/), line: 1, column }])
  })

  test.each([
    ['below the least', 'has(event.data.affectedSubjects) && event.data.affectedSubjects < 0', 37],
    ['beyond the most', 'has(event.data.age) && event.data.age > 150', 24],
    ['between two neighbours', 'has(event.data.age) && event.data.age > 17 && event.data.age < 18', 47],
    ['on both sides', 'has(event.data.age) && event.data.age < 16 && 18 <= event.data.age', 47],
  ])('a number %s', (_what, when, column) => {
    expect(problemsOf(when, examplesOf(incident))).toMatchObject([{ line: 1, column }])
  })

  test('on a later line', () => {
    expect(problemsOf('event.data.personalised\n  && !event.data.personalised')).toMatchObject([{ line: 2, column: 6 }])
  })

  test('in any of several types, which is named', () => {
    const when = 'event.type == "com.ott.personal-data.exported.v1" && event.data.actorRole == "employee"'
    const types = { ...examplesOf(''), eventTypes: ['com.ott.personal-data.accessed.v1', 'com.ott.personal-data.exported.v1'] }
    const examples = types.examples.map((example) => ({ ...example, type: 'com.ott.personal-data.accessed.v1' }))
    expect(problemsOf(when, { ...types, examples })).toMatchObject([{ problem: 'can never be true (in com.ott.personal-data.accessed.v1)' }])
  })

  test('in any step of a rule about several events', () => {
    const step = { eventTypes: [impression], when: 'event.data.personalised && !event.data.personalised' }
    expect(problemsOf('true', { after: { ...step, within: 'P1D' }, unless: step }).map(({ field }) => field)).toEqual(['after.when', 'unless.when'])
    expect(problemsOf('true', { deadline: { within: 'P1D', until: step, extension: { ...step, within: 'P2D' } } }).map(({ field }) => field)).toEqual(['deadline.until.when', 'deadline.extension.when'])
  })

  test('but an answer may come from anywhere, whatever the places of the rule', () => {
    const until = { eventTypes: [impression], when: 'has(event.data.country) && event.data.country == "US"' }
    expect(problemsOf('true', { deadline: { within: 'P1D', until } })).toEqual([])
  })
})

test.each([
  ['a part that can never be true', 'event.data.personalised || (event.data.campaignId == "a" && event.data.campaignId == "b")', 29],
  ['such a part under a not', '!(event.data.personalised || event.data.campaignId in [])', 30],
])('%s is refused although the whole can be', (_what, when, column) => {
  expect(problemsOf(when)).toEqual([{ field: 'when', problem: 'can never be true, so that this part has no effect', line: 1, column }])
})

describe('a literal that the contract rules out is refused, wherever it stands', () => {
  const types = examplesOf('com.ott.personal-data.accessed.v1')
  test.each([
    ['compared', 'event.data.actorRole == "employe"', 25],
    ['compared the other way round', '"employe" != event.data.actorRole', 1],
    ['in a list', 'event.data.actorRole in ["partner", "employe"]', 37],
  ])('%s', (_how, when, column) => {
    expect(problemsOf(when, types)).toEqual([{ field: 'when', problem: '"employe" is no value that data.actorRole can have', line: 1, column }])
  })

  test('by its form', () => {
    const exported = examplesOf('com.ott.personal-data.exported.v1')
    expect(problemsOf('has(event.data.destinationCountry) && event.data.destinationCountry == "Germany"', exported)).toMatchObject([{ problem: expect.stringContaining('"Germany"'), column: 72 }])
  })
})

describe('a condition that is always true is refused', () => {
  test.each([
    'event.data.personalised || !event.data.personalised',
    'has(event.data.campaignId)',
    'event.data.campaignId == "a" || event.data.campaignId != "a"',
    '!(event.data.campaignId in [])',
    'has(event.data.gpc) || !has(event.data.gpc)',
    'event.data.country in ["DE"]'.replace('event', 'has(event.data.country) && event'),
  ])('%s', (when) => {
    expect(problemsOf(when)).toEqual([expect.objectContaining({ problem: 'is always true: write true if that is meant', line: 1, column: 1 })])
  })

  test('unless it says so', () => {
    expect(problemsOf('true')).toEqual([])
  })
})

describe('what can be true is let in', () => {
  test.each([
    'event.data.personalised',
    '!has(event.data.consent) || !has(event.data.consent.ads)',
    'has(event.data.region) && event.data.region == "BY"',
    'event.data.campaignId != "a" && event.data.campaignId != "b"',
    'event.data.campaignId in ["a", "b"] && event.data.campaignId != "a"',
    'has(event.data.contentId) && event.data.contentId == event.data.campaignId',
    'event.data.campaignId.startsWith("a") && event.data.campaignId.startsWith("b")',
    'has(event.data.segments) && event.data.segments.exists(each, each == "x") && !event.data.segments.exists(each, each == "y")',
    'has(event.data.age) && event.data.age > 17 && event.data.age <= 18',
    'has(event.data.gpc) ? event.data.gpc : event.data.personalised',
    // What is absent fails, and what is false makes up for it.
    '!(event.data.gpc && event.data.personalised) && !has(event.data.gpc)',
    '(event.data.gpc || event.data.personalised) && !has(event.data.gpc)',
    'instant(event.time) > instant("2026-01-01T00:00:00Z")',
  ])('%s', (when) => {
    expect(problemsOf(when)).toEqual([])
  })

  test('when the search would take too long, as undecided', () => {
    const parts = Array.from({ length: 20 }, (_, n) => `(event.data.campaignId.startsWith("${n}") || event.data.campaignId.endsWith("${n}"))`)
    const when = `${parts.join(' && ')} && !(${parts.map((part) => part.replace('||', '&&')).join(' || ')})`
    expect(check(when, {}, {}, 50)).toEqual({ problems: [], undecided: true })
    expect(check(when)).toMatchObject({ problems: [] })
  })
})

/** Conditions over a few fields, and all events those tell apart. */
const atoms = ['event.data.personalised', 'has(event.data.gpc)', 'event.data.gpc', 'event.data.campaignId == "a"', 'event.data.campaignId in ["a", "b"]', 'event.data.campaignId != "b"', 'has(event.data.consent)', 'has(event.data.consent.ads)', 'event.data.consent.ads']
const condition = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(...atoms),
    tie('any').map((part) => `!(${part})`),
    fc.tuple(tie('any'), fc.constantFrom('&&', '||'), tie('any')).map(([left, op, right]) => `(${left} ${op} ${right})`),
    fc.tuple(tie('any'), tie('any'), tie('any')).map(([test, then, otherwise]) => `(${test} ? ${then} : ${otherwise})`),
  ),
})).any
// Asking for everything makes the rest compile; it is the same as true.
const asking = '(has(event.data.gpc) || has(event.data.consent) || has(event.data.consent.ads) || true)'
const events = [true, false].flatMap((personalised) =>
  ['a', 'b', 'c'].flatMap((campaignId) =>
    [{}, { gpc: true }, { gpc: false }].flatMap((gpc) => [{}, { consent: {} }, { consent: { ads: true } }, { consent: { ads: false } }].map((consent) => ({ country: 'DE', personalised, campaignId, ...gpc, ...consent }))),
  ),
)

test('says never and always exactly where trying every event says so', () => {
  fc.assert(
    fc.property(condition, (when) => {
      const { rule, lists } = compiled(`${asking} && ${when}`)
      const rules = ruleSetOf([rule], 'test')
      const fired = events.filter((data) => evaluate({ type: impression, subject: 'v', time: '2026-01-01T00:00:00Z', data }, rules).length > 0).length
      const { problems } = checkReachability(rule, { lists, budget: { left: searchBudgetOfCheck } })
      const whole = problems.filter(({ problem }) => !problem.includes('no effect'))
      const never = whole.some(({ problem }) => problem.startsWith('can never'))
      const always = whole.some(({ problem }) => problem.startsWith('is always'))
      expect([when, never, always]).toEqual([when, fired === 0, fired === events.length])
    }),
    { numRuns: 1_000 },
  )
})

test('no condition of the built-in packs trips', async () => {
  const budget = { left: searchBudgetOfCheck }
  for (const pack of await loadPacks()) {
    for (const rule of compilePack(pack).rules) expect([rule.id, checkReachability(rule, { lists: pack.lists, budget })]).toEqual([rule.id, { problems: [], undecided: false }])
  }
})
