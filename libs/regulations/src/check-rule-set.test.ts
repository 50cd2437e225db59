import { describe, expect, test } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { parse, stringify } from 'yaml'
import { checkRuleSet } from './check-rule-set.ts'
import { compilePack } from './compile-pack.ts'
import { costLimits, costsOf } from './condition-cost.ts'
import { loadPacks } from './load-packs.ts'
import { anOwnRule } from './own-rule-fixture.ts'
import { RegulationPackError, type PackProblem } from './regulation-pack.ts'
import { ruleSetDefinition } from './rule-set-definition.ts'

const packs = await loadPacks()
const builtin = packs.map(compilePack)

const check = (rules: readonly object[], more: object = {}) => {
  const definition = ruleSetDefinition.parse({ name: 'Ours', packs: 'all', ownRules: stringify({ rules, ...more }) })
  return { text: definition.ownRules ?? '', result: () => checkRuleSet(builtin, packs, definition, 'acme') }
}
function problemsOf(rules: readonly object[], more?: object): { problems: readonly PackProblem[]; text: string } {
  const { text, result } = check(rules, more)
  try {
    result()
  } catch (error) {
    if (error instanceof RegulationPackError) return { problems: error.problems, text }
    throw error
  }
  return { problems: [], text }
}
const at = (text: string, { line = 0, column = 0 }: PackProblem) => text.split('\n')[line - 1]?.slice(column - 1)

test('a rule set without a fault comes back compiled', () => {
  const { rules, undecided } = check([anOwnRule()]).result()
  expect(rules.version).toMatch(/^acme-[0-9a-f]{12}$/)
  expect(undecided).toEqual([])
})

test('a condition that can never be true is refused at its place in the text', () => {
  const { problems, text } = problemsOf([anOwnRule({ when: 'event.data.personalised\n&& !event.data.personalised\n' })])
  expect(problems).toMatchObject([{ rule: 'own.rule', field: 'when', problem: expect.stringContaining('can never be true') }, {}, {}])
  expect(at(text, problems[0] as PackProblem)).toBe('!event.data.personalised')
})

test('an example that does not hold is refused at its place in the text', () => {
  const examples = ['a', 'b', 'c', 'd'].map((name, index) => ({ name, fires: index < 2, data: { country: 'DE', campaignId: 'c', personalised: index === 0 || index === 3 } }))
  const { problems, text } = problemsOf([anOwnRule({ examples })])
  expect(problems).toMatchObject([
    { field: 'examples.1', problem: 'should fire, and the rule finds nothing' },
    { field: 'examples.3', problem: 'should not fire, and the rule finds a breach' },
  ])
  expect(problems.map((problem) => at(text, problem))).toEqual(['name: b', 'name: d'])
})

test('examples are judged by their own rule alone: another may find something in them', () => {
  expect(problemsOf([anOwnRule(), anOwnRule({ id: 'own.other', when: 'has(event.data.country) && event.data.country != "XX"', examples: examplesOf() })]).problems).toEqual([])
})
const examplesOf = () => ['a', 'b', 'c', 'd'].map((name, index) => ({ name, fires: index < 2, data: { country: index < 2 ? 'DE' : 'XX', campaignId: 'c', personalised: index === 3 } }))

test('the rule set in the guide is one that can be published', async () => {
  const guide = await readFile(new URL('../../../docs/rule-sets.md', import.meta.url), 'utf8')
  const texts = [...guide.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text)
  expect(texts).toHaveLength(1)
  for (const text of texts) expect(checkRuleSet(builtin, packs, ruleSetDefinition.parse(parse(text)), 'acme').rules.rules.map(({ id }) => id)).toContain('own.no-sharing-with-partners')
})

describe('cost', () => {
  const shared = { eventTypes: ['com.ott.viewing-history.shared.v1'], message: 'M', examples: ['a', 'b', 'c', 'd'].map((name, index) => ({ name, fires: index < 2, data: { recipient: 'r', titles: index < 2 ? ['x'] : [] } })) }
  const dear = 'has(event.data.titles) && event.data.titles.exists(title, title.contains("x") || title.contains("y") || title.startsWith("z"))'

  test('a condition that may go through a long list with long texts is refused with its cost', () => {
    const { problems } = problemsOf([anOwnRule({ ...shared, when: dear })])
    expect(problems).toMatchObject([{ rule: 'own.rule', field: 'when', problem: expect.stringMatching(/may take \d+ steps on one event: 5000 are allowed/) }])
  })

  test('rules that are cheap alone and dear together are refused by the event type', () => {
    const many = Array.from({ length: 60 }, (_, n) => anOwnRule({ ...shared, id: `own.r${n}`, when: 'has(event.data.titles) && "x" in event.data.titles' }))
    expect(problemsOf(many).problems).toMatchObject([{ field: 'ownRules', problem: expect.stringMatching(/on one com\.ott\.viewing-history\.shared\.v1: 50000/) }])
  })

  test.each([
    ['a longer condition', 'event.data.personalised', 'event.data.personalised && event.data.campaignId == "a"'],
    ['a longer list', 'event.data.campaignId in ["a"]', 'event.data.campaignId in ["a", "b", "c", "d"]'],
    ['a named list', 'event.data.campaignId in ["a", "b"]', 'event.data.campaignId in many'],
    ['going through a list', 'has(event.data.segments)', 'has(event.data.segments) && event.data.segments.exists(each, each == "a")'],
    ['doing more with each item', 'has(event.data.segments) && event.data.segments.exists(each, each == "a")', 'has(event.data.segments) && event.data.segments.exists(each, each == "a" || each == "b")'],
    ['a longer text', 'has(event.data.advertisedCategory) && event.data.advertisedCategory.contains("a")', 'event.data.campaignId.contains("a")'],
    ['a signal to decode', 'event.data.personalised', 'consent.tcf.present'],
  ])('%s costs more', (_what, cheap, dearer) => {
    const costOf = (when: string) => {
      const lists = { many: Array.from({ length: 50 }, (_, n) => `w${n}`) }
      const [rule] = compilePack({ regulation: 'own', name: 'Own', file: 'test', jurisdictions: 'worldwide', lists, rules: [anOwnRule({ when }) as never] }).rules
      return rule === undefined ? Number.NaN : (costsOf(rule, lists)[0]?.cost ?? Number.NaN)
    }
    expect(costOf(dearer)).toBeGreaterThan(costOf(cheap))
  })

  test('the built-in packs stay below half of both limits', () => {
    const sums = new Map<string, number>()
    for (const [index, pack] of builtin.entries()) {
      for (const { type, cost } of pack.rules.flatMap((rule) => costsOf(rule, packs[index]?.lists ?? {}))) {
        expect(cost).toBeLessThan(costLimits.rule / 2)
        sums.set(type, cost + (sums.get(type) ?? 0))
      }
    }
    expect(Math.max(...sums.values())).toBeLessThan(costLimits.eventType / 2)
  })
})
