import { describe, expect, test } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { checkViewerEvent } from '@ott/contracts/viewer-event'
import { compileRuleSet } from './compile-rule-set.ts'
import { evaluate } from './evaluate.ts'
import { loadPacks } from './load-packs.ts'
import { exampleEvent, parseRegulationPack } from './regulation-pack.ts'

const packs = await loadPacks()
const rules = packs.flatMap((pack) => pack.rules)
const ruleSet = compileRuleSet(packs)

test('the built-in packs are the GDPR and the VPPA', () => {
  expect(packs.map(({ regulation, file }) => [regulation, file])).toEqual([
    ['gdpr', 'gdpr.yaml'],
    ['vppa', 'vppa.yaml'],
  ])
})

describe.each(rules)('$id', (rule) => {
  test.each(rule.examples)('fires: $fires, when $name', (example) => {
    const found = evaluate(exampleEvent(rule, example), ruleSet).filter((finding) => finding.rule === rule.id)
    expect(found).toHaveLength(example.fires ? 1 : 0)
  })

  test.each(rule.examples)('the example is an event that ingest accepts: $name', (example) => {
    const event = { specversion: '1.0', id: 'e-1', source: '/example', ...exampleEvent(rule, example) }
    expect(checkViewerEvent(event, Date.parse(example.time))).toMatchObject({ ok: true })
  })

  test('has examples on both sides of the line', () => {
    expect(rule.examples.filter(({ fires }) => fires).length).toBeGreaterThanOrEqual(2)
    expect(rule.examples.filter(({ fires }) => !fires).length).toBeGreaterThanOrEqual(2)
  })

  test('has a message that fills all its placeholders and names no viewer, actor or title', () => {
    for (const example of rule.examples.filter(({ fires }) => fires)) {
      const event = exampleEvent(rule, example)
      const message = evaluate(event, ruleSet).find((finding) => finding.rule === rule.id)?.message ?? ''
      expect(message).not.toMatch(/[{}]|undefined|null|\[object/)
      for (const personal of [event.subject, event.data['actor'], ...((event.data['titles'] as string[] | undefined) ?? [])]) {
        if (typeof personal === 'string') expect(message).not.toContain(personal)
      }
    }
  })
})

test('no two rules share an id', () => {
  const ids = rules.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
})

test.each(['DE', 'FR', 'NO', 'IS', 'LI', 'IE', 'HR', 'AX', 'RE'])('the GDPR applies to a viewer in %s', (country) => {
  expect(ruleSet.for('com.ott.ad.impression.v1', country).map(({ regulation }) => regulation)).toContain('gdpr')
})

test.each(['US', 'PR', 'GU'])('the VPPA, and not the GDPR, applies to a viewer in %s', (country) => {
  const regulations = ruleSet.for('com.ott.viewing-history.shared.v1', country).map(({ regulation }) => regulation)
  expect(new Set(regulations)).toEqual(new Set(['vppa']))
})

test.each(['GB', 'CH', 'BR', undefined])('no built-in rule applies to a viewer in %s', (country) => {
  expect(ruleSet.for('com.ott.viewing-history.shared.v1', country)).toEqual([])
})

test('the GDPR counts 27 member states, three EEA states and seven territories', () => {
  expect(new Set(packs[0]?.jurisdictions).size).toBe(27 + 3 + 7)
})

test('no transfer destination is both in the EEA and a third country with an adequacy decision', () => {
  const { eea = [], adequate = [], adequacyClaimable = [] } = packs[0]?.lists ?? {}
  expect(adequacyClaimable.filter((country) => eea.includes(country))).toEqual([])
  expect(adequate.filter((country) => !adequacyClaimable.includes(country))).toEqual([])
})

test('the rule in the README compiles and its examples hold', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const pack = parseRegulationPack(/```yaml\n([^]*?)```/.exec(readme)?.[1] ?? '', 'README.md')
  const compiled = compileRuleSet([pack])
  const [rule] = pack.rules
  const verdicts = rule?.examples.map((example) => evaluate(exampleEvent(rule, example), compiled).length)
  expect(verdicts).toEqual([1, 1, 0, 0])
})
