import { describe, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { compilePack } from './compile-pack.ts'
import { compileRuleSet } from './compile-rule-set.ts'
import { composeRuleSet, type ComposeOptions } from './compose-rule-set.ts'
import { evaluate } from './evaluate.ts'
import { loadPacks } from './load-packs.ts'
import { anOwnRule } from './own-rule-fixture.ts'
import { RegulationPackError, type PackProblem } from './regulation-pack.ts'
import { ruleSetDefinition } from './rule-set-definition.ts'

const packs = await loadPacks()
const builtin = packs.map(compilePack)

const compose = (given: object, options?: ComposeOptions) => composeRuleSet(builtin, ruleSetDefinition.parse({ name: 'Ours', packs: [], ...given }), 'acme', options)
function problemsOf(given: object): readonly PackProblem[] {
  try {
    compose(given)
  } catch (error) {
    if (error instanceof RegulationPackError) return error.problems
    throw error
  }
  return []
}

const ownRules = stringify({ lists: { words: ['a', 'b'] }, rules: [anOwnRule({ id: 'own.one', when: 'event.data.personalised && event.data.campaignId in words' })] })
const impression = { type: 'com.ott.ad.impression.v1', subject: 'v', time: '2026-01-01T00:00:00Z', data: { country: 'DE', campaignId: 'a', personalised: true } }

test('all packs without a change are the rules of the product, under the name of the tenant', () => {
  const product = compileRuleSet(packs)
  const composed = compose({ packs: 'all' })
  expect(composed.rules.map(({ id, key }) => [id, key])).toEqual(product.rules.map(({ id, key }) => [id, key]))
  expect(composed.version).toBe(product.version.replace('builtin-', 'acme-'))
})

test('rules that are compiled already are taken as they are: nothing is compiled twice', () => {
  expect(compose({ packs: ['vppa'] }).rules[0]).toBe(builtin.find(({ regulation }) => regulation === 'vppa')?.rules[0])
})

test('only chosen packs judge, in whatever order they are named', () => {
  const composed = compose({ packs: ['vppa', 'gdpr'] })
  expect(new Set(composed.rules.map(({ regulation }) => regulation))).toEqual(new Set(['gdpr', 'vppa']))
  expect(composed.version).toBe(compose({ packs: ['gdpr', 'vppa'] }).version)
})

test('an override changes the severity of that rule alone, and of this rule set alone', () => {
  const [rule, other] = builtin.find(({ regulation }) => regulation === 'vppa')?.rules ?? []
  const composed = compose({ packs: ['vppa'], overrides: [{ rule: rule?.id, severity: 'low' }] })
  expect(composed.rules.find(({ id }) => id === rule?.id)).toEqual({ ...rule, severity: 'low' })
  expect(composed.rules.find(({ id }) => id === other?.id)).toBe(other)
  expect(rule?.severity).not.toBe('low')
  expect(composed.version).not.toBe(compose({ packs: ['vppa'] }).version)
})

test('a rule that is taken out judges nothing', () => {
  const composed = compose({ packs: ['gdpr'], overrides: [{ rule: 'gdpr.art7.consent-not-demonstrable', enabled: false }] })
  expect(composed.rules.map(({ id }) => id)).not.toContain('gdpr.art7.consent-not-demonstrable')
  expect(evaluate(impression, composed).map(({ rule }) => rule)).not.toContain('gdpr.art7.consent-not-demonstrable')
})

test('own rules judge beside the packs, by their own lists', () => {
  const composed = compose({ ownRules })
  expect(evaluate(impression, composed)).toMatchObject([{ rule: 'own.one', regulation: 'own' }])
  expect(evaluate({ ...impression, data: { ...impression.data, campaignId: 'z' } }, composed)).toEqual([])
})

test('the version follows from tenant and content, and from nothing else', () => {
  const version = compose({ ownRules }).version
  expect(compose({ ownRules, name: 'Another name' }).version).toBe(version)
  expect(compose({ ownRules: `# a comment\n${ownRules}` }).version).toBe(version)
  expect(compose({ ownRules: ownRules.replace('[ a, b ]', '[ a ]').replace('- b\n', '- c\n') }).version).not.toBe(version)
  expect(composeRuleSet(builtin, ruleSetDefinition.parse({ name: 'Ours', packs: [], ownRules }), 'globex').version).toMatch(/^globex-/)
})

describe('what is named and not there', () => {
  const given = { packs: ['gdpr', 'nowhere'], overrides: [{ rule: 'vppa.2710b.no-consent', severity: 'low' }], ownRules }
  test('is refused with the place in the definition', () => {
    expect(problemsOf({ packs: ['gdpr', 'nowhere'] })).toMatchObject([{ field: 'packs.1' }])
    expect(problemsOf({ ...given, packs: ['gdpr'] })).toMatchObject([{ field: 'overrides.0.rule' }])
  })

  test('costs a tenant none of its other rules where a later version of the product lacks it', () => {
    const told: string[] = []
    const composed = compose(given, { onUnknown: ({ field }) => told.push(field) })
    expect(told).toEqual(['packs.1', 'overrides.0.rule'])
    expect(composed.version).toBe(compose({ packs: ['gdpr'], ownRules }).version)
  })
})

describe('a definition', () => {
  test.each([
    ['without a name', { name: '' }],
    ['of unknown fields', { rules: [] }],
    ['with an override of nothing', { overrides: [{ rule: 'a.b' }] }],
    ['with two overrides of one rule', { overrides: [{ rule: 'a.b', enabled: false }, { rule: 'a.b', severity: 'low' }] }],
    ['with a pack named twice', { packs: ['gdpr', 'gdpr'] }],
    ['with own rules of over 200 KiB', { ownRules: 'é'.repeat(102_401) }],
    ['with over 1,000 overrides', { overrides: Array.from({ length: 1_001 }, (_, n) => ({ rule: `a.${n}`, enabled: false })) }],
  ])('%s is refused', (_what, given) => {
    expect(ruleSetDefinition.safeParse({ name: 'Ours', packs: 'all', ...given }).success).toBe(false)
  })
})

describe('a fault in own rules is told with line and column in the text that was sent', () => {
  const [before, after] = stringify([anOwnRule({ when: 'WHEN' })]).split('when: WHEN') as [string, string]
  const inRules = (written: string) => `rules:\n${before.replaceAll(/^/gm, '  ').trimEnd()}\n    ${written}${after.replaceAll(/^/gm, '  ')}`
  /** The place of the marked character; the mark itself is taken out. */
  const marked = (written: string): { text: string; line: number; column: number } => {
    const text = inRules(written)
    const lines = text.slice(0, text.indexOf('¶')).split('\n')
    return { text: text.replace('¶', ''), line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
  }

  test.each([
    ['plain', 'when: event.data.personalised && ¶event.data.nowhere'],
    ['plain over several lines', 'when: event.data.personalised\n      && event.data.campaignId == "x"\n\n      && ¶event.data.nowhere'],
    ['a literal block', 'when: |\n      event.data.personalised\n\n        && ¶event.data.nowhere\n'],
    ['a literal block with a comment and kept line ends', 'when: |2+ # why\n        event.data.personalised\n       && ¶event.data.nowhere\n\n'],
    ['a folded block', 'when: >-\n      event.data.personalised\n      && (event.data.campaignId == "x"\n      || ¶event.data.nowhere)\n'],
    ['single quotes', "when: 'event.data.campaignId == \"it''s\" || ¶event.data.nowhere'"],
    ['double quotes', 'when: "event.data.campaignId == \\"\\u0041\\t\\x41\\" ||\\n \\\n      ¶event.data.nowhere"'],
    ['carriage returns', 'when: |\r\n      event.data.personalised\r\n      && ¶event.data.nowhere\r\n'],
    ['an anchor', 'when: &a !!str event.data.personalised && ¶event.data.nowhere'],
  ])('of a condition in %s', (_how, written) => {
    const { text, line, column } = marked(written)
    const problems = problemsOf({ ownRules: text })
    expect(problems).toMatchObject([{ rule: 'own.rule', field: 'when', problem: expect.stringContaining('has no field data.nowhere'), line, column }])
    expect(text.split('\n')[line - 1]?.slice(column - 1)).toMatch(/^event\.data\.nowhere/)
  })

  test.each([
    ['in a step', { after: { eventTypes: ['com.ott.ad.impression.v1'], when: 'event.data.nowhere', within: 'P1D' } }, 'after.when', 'event.data.nowhere'],
    ['of a value', { severity: 'lethal' }, 'severity', 'lethal'],
    ['of an unknown field', { sevrity: 'low' }, 'sevrity', 'low'],
    ['of a list', { eventTypes: ['com.ott.ad.impression.v1', 'com.ott.nothing.v1'] }, 'eventTypes.1', 'com.ott.nothing.v1'],
    ['of an id that is not own', { id: 'gdpr.mine' }, 'id', 'gdpr.mine'],
    ['of a message', { message: '{data.nowhere}' }, 'message', '"{data.nowhere}"'],
  ])('%s', (_what, overrides, field, found) => {
    const text = stringify({ rules: [anOwnRule({ id: 'own.first' }), anOwnRule(overrides)] })
    const [problem] = problemsOf({ ownRules: text })
    expect(problem).toMatchObject({ field })
    expect(text.split('\n')[(problem?.line ?? 0) - 1]?.slice((problem?.column ?? 0) - 1)).toMatch(new RegExp(`^${found.replaceAll(/[{}.]/g, '\\$&')}`))
  })

  test('of an id that is there twice, at the second', () => {
    const text = stringify({ rules: [anOwnRule(), anOwnRule()] })
    const [problem] = problemsOf({ ownRules: text })
    expect(problem).toMatchObject({ field: 'id', line: text.slice(0, text.lastIndexOf('own.rule')).split('\n').length })
  })

  test.each([
    ['no YAML', 'rules: [', 1],
    ['a tab', 'rules:\n\t- a', 2],
    ['two of a key', 'rules: []\nrules: []', 2],
    ['text', 'rules', 1],
    ['nothing', '# nothing', 1],
    ['no rule', 'rules: []', 1],
    ['a rule that is none', 'rules: [null]', 1],
    ['an alias without an anchor', 'rules: *nowhere', 1],
    ['two documents', 'rules: []\n---\nrules: []', 2],
  ])('of %s', (_what, text, line) => {
    expect(problemsOf({ ownRules: text })[0]).toMatchObject({ line, column: expect.any(Number) })
  })

  test('of aliases that multiply', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]', ...'bcdefgh'.split('').map((name, at) => `${name}: &${name} [${Array(10).fill(`*${'abcdefg'[at]}`).join()}]`)].join('\n')
    expect(problemsOf({ ownRules: bomb })).toMatchObject([{ field: '(text)', problem: expect.stringContaining('aliases') }])
  })

  test('of too many rules, and of examples that tell of too many events', () => {
    const many = Array.from({ length: 501 }, (_, n) => anOwnRule({ id: `own.r${n}`, examples: [] }))
    expect(problemsOf({ ownRules: stringify({ rules: many }) })).toEqual(expect.arrayContaining([expect.objectContaining({ field: 'rules' })]))
    const events = Array.from({ length: 600 }, () => ({ time: '2026-01-01T00:00:00Z', data: {} }))
    const long = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((name, index) => ({ name, fires: index < 2, events }))
    expect(problemsOf({ ownRules: stringify({ rules: [anOwnRule({ examples: long })] }) })).toMatchObject([{ field: 'rules', problem: expect.stringContaining('5400') }])
  })
})
