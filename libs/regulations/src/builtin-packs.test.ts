import { describe, expect, test } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { checkViewerEvent } from '@ott/contracts/viewer-event'
import { compileRuleSet } from './compile-rule-set.ts'
import { eventsOf, findingsOf } from './judge-story.ts'
import { loadPacks } from './load-packs.ts'
import { mutantsOf } from './mutant-fixture.ts'
import { parseRegulationPack } from './regulation-pack.ts'

const packs = await loadPacks()
const rules = packs.flatMap((pack) => pack.rules)
const ruleSet = compileRuleSet(packs)

test('the built-in packs are the GDPR and the VPPA', () => {
  expect(packs.map(({ regulation, file }) => [regulation, file])).toEqual([
    ['gdpr', 'gdpr.yaml'],
    ['vppa', 'vppa.yaml'],
  ])
})

describe.each(packs)('$regulation', (pack) => {
  describe.each(pack.rules)('$id', (rule) => {
    test.each(rule.examples)('fires: $fires, when $name', (example) => {
      expect(findingsOf(rule, example, ruleSet).length > 0).toBe(example.fires)
    })

    test('has examples that ingest accepts', () => {
      for (const event of rule.examples.flatMap((example) => eventsOf(rule, example))) {
        const { type, subject, time, data } = event
        const written = { specversion: '1.0', id: 'e-1', source: '/example', type, subject, time, data }
        expect([event, checkViewerEvent(written, Date.parse(time))]).toMatchObject([{}, { ok: true }])
      }
    })

    test('has a message that fills all its placeholders and names no viewer, actor or title', () => {
      for (const example of rule.examples.filter(({ fires }) => fires)) {
        for (const { message } of findingsOf(rule, example, ruleSet)) {
          expect(message).not.toMatch(/[{}]|undefined|null|\[object/)
          for (const { subject, data } of eventsOf(rule, example)) {
            for (const personal of [subject, data['actor'], ...((data['titles'] as string[] | undefined) ?? [])]) {
              if (typeof personal === 'string') expect(message).not.toContain(personal)
            }
          }
        }
      }
    })

    test('has examples that notice when a part of a condition is turned round, a number or a period is one off, or a part is left out', () => {
      const unnoticed = mutantsOf(rule).filter((mutant) => {
        const mutated = compileRuleSet([{ ...pack, rules: [mutant.rule] }])
        return rule.examples.every((example) => findingsOf(mutant.rule, example, mutated).length > 0 === example.fires)
      })
      expect(unnoticed.map(({ what }) => what)).toEqual([])
    })
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

test('the rules in the README compile and their examples hold', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const texts = [...readme.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text)
  expect(texts.length).toBeGreaterThan(0)
  for (const text of texts) {
    const pack = parseRegulationPack(text, 'README.md')
    const compiled = compileRuleSet([pack])
    for (const rule of pack.rules) {
      for (const example of rule.examples) expect([example.name, findingsOf(rule, example, compiled).length > 0]).toEqual([example.name, example.fires])
    }
  }
})
