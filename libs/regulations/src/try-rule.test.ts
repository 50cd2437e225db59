import { expect, test } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { eventsOf } from './judge-story.ts'
import { builtinPacksFolder, loadPacks } from './load-packs.ts'
import { RegulationPackError, type PackProblem } from './regulation-pack.ts'
import { inStory, timedTypes } from './timed-pack-fixture.ts'
import { compileTriedRule, tryRule } from './try-rule.ts'

const rule = {
  id: 'test.personalised',
  title: 'A rule',
  citation: 'Test § 1',
  source: 'https://example.com/law',
  severity: 'low',
  eventTypes: [timedTypes.ad],
  when: 'event.data.personalised',
  message: 'Campaign {data.campaignId}',
  remediation: 'Stop.',
}
const anAd = (personalised: boolean) => inStory(personalised ? 1 : 0, timedTypes.ad, 0, { campaignId: 'c-1', personalised })

function problemsOf(given: unknown, around?: object): readonly PackProblem[] {
  try {
    compileTriedRule(given, around)
    return []
  } catch (error) {
    if (!(error instanceof RegulationPackError)) throw error
    return error.problems
  }
}

test('a rule fires on the event that breaks it, with its message, and shows the values it saw where it does not', () => {
  const trial = tryRule(compileTriedRule(rule), [anAd(false), anAd(true)])
  expect(trial.fired).toBe(true)
  expect(trial.findings).toEqual([{ event: 1, severity: 'low', message: 'Campaign c-1', values: { 'data.personalised': true } }])
  expect(trial.events).toMatchObject([[{ fired: false, values: { 'data.personalised': false } }], [{ fired: true }]])
  expect(tryRule(compileTriedRule(rule), [anAd(false)]).fired).toBe(false)
})

test('every built-in rule, tried as YAML or as an object, decides its own examples', async () => {
  for (const pack of await loadPacks()) {
    const source = parse(await readFile(new URL(pack.file, builtinPacksFolder), 'utf8')) as { rules: object[] }
    for (const [index, each] of pack.rules.entries()) {
      const { lists, jurisdictions } = pack
      const written = source.rules[index]
      const rules = compileTriedRule(JSON.stringify([written]), { lists, jurisdictions })
      expect(rules.version).toBe(compileTriedRule(written, { lists, jurisdictions }).version)
      for (const example of each.examples) {
        const asOfMs = example.asOf === undefined ? undefined : Date.parse(example.asOf)
        expect([each.id, example.name, tryRule(rules, eventsOf(each, example), asOfMs).fired]).toEqual([each.id, example.name, example.fires])
      }
    }
  }
})

test('a period that nothing answers is found as of a time, by no event', () => {
  const asking = { ...rule, id: 'test.unanswered', eventTypes: [timedTypes.requested], when: 'true', message: 'M', deadline: { within: 'P30D', until: { eventTypes: [timedTypes.answered] } } }
  const asks = inStory(0, timedTypes.requested, 0, { requestId: 'r-1', right: 'access' })
  expect(tryRule(compileTriedRule(asking), [asks], asks.receivedAtMs + 29 * 86_400_000).findings).toEqual([])
  expect(tryRule(compileTriedRule(asking), [asks], asks.receivedAtMs + 31 * 86_400_000).findings).toMatchObject([{ event: null, message: 'M' }])
})

test('what is wrong is told with field, line and column', () => {
  expect(problemsOf({ ...rule, when: 'event.data.personalised &&\n  event.data.mistyped' })).toMatchObject([{ line: 2, column: 3, problem: expect.stringContaining('mistyped') }])
  expect(problemsOf('id: a\nwhen: [b')[0]).toMatchObject({ field: '(text)', line: 2, column: expect.any(Number) })
  expect(problemsOf({ ...rule, severity: 'dreadful', more: 1 }).map(({ field }) => field).sort()).toEqual(['more', 'severity'])
  expect(problemsOf({ ...rule, unless: { eventTypes: [timedTypes.ad] } })).toMatchObject([{ field: 'unless', problem: 'needs after' }])
  expect(problemsOf({ ...rule, when: 'event.data.campaignId in brands' })).toMatchObject([{ problem: expect.stringContaining('brands') }])
  expect(problemsOf({ ...rule, when: 'event.data.campaignId in brands' }, { lists: { brands: ['a'] } })).toEqual([])
  expect(problemsOf('a: &a [x]\nb: [*a, *nowhere]')).toHaveLength(1)
  for (const given of [null, 7, [], 'just text', '']) expect(problemsOf(given).length).toBeGreaterThan(0)
})
