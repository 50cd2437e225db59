import { describe, expect, test } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { checkViewerEvent } from '@ott/contracts/viewer-event'
import { viewerEventTypes } from '@ott/contracts/viewer-event-types'
import { compileRuleSet } from './compile-rule-set.ts'
import { eventsOf, findingsOf } from './judge-story.ts'
import { loadPacks } from './load-packs.ts'
import { mutantsOf } from './mutant-fixture.ts'
import { parseRegulationPack } from './regulation-pack.ts'

const packs = await loadPacks()
const rules = packs.flatMap((pack) => pack.rules)
const ruleSet = compileRuleSet(packs)

/** The frameworks that the product promises. */
const promised = [
  ...['appi', 'avmsd', 'ccpa', 'coppa', 'cpa-colorado', 'ctdpa', 'dpdp-india', 'dsa', 'eprivacy', 'fadp', 'gdpr', 'hipaa', 'lgpd', 'nis2', 'operations', 'pci-dss'],
  ...['pdpa-singapore', 'pdpa-thailand', 'pipeda', 'pipl', 'popia', 'quebec-law25', 'tdpsa', 'uk-gdpr', 'vcdpa', 'vppa'],
]

test('there is a pack for every framework that is promised, in a file of its name', () => {
  expect(packs.map(({ regulation, file }) => [regulation, file])).toEqual(promised.map((regulation) => [regulation, `${regulation}.yaml`]))
  expect(rules.length).toBeGreaterThanOrEqual(120)
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

/** The regulations of which any rule applies to a viewer in a place; two of them, about payment cards and about the service itself, apply everywhere. */
function regulationsIn(country: string, region?: string): string[] {
  const applicable = Object.keys(viewerEventTypes).flatMap((type) => [
    ...ruleSet.for(type, country, region),
    ...ruleSet.steps(type, country, region).flatMap(({ rule, kind }) => (kind === 'last' || kind === 'start' ? [rule] : [])),
  ])
  return [...new Set(applicable.map(({ regulation }) => regulation))].filter((regulation) => regulation !== 'pci-dss' && regulation !== 'operations').sort()
}

const federal = ['coppa', 'hipaa', 'vppa']
const union = ['avmsd', 'dsa', 'eprivacy', 'gdpr', 'nis2']

test.each([
  ...['DE', 'FR', 'IE', 'HR', 'AX', 'RE'].map((country) => [country, undefined, union] as const),
  ...['NO', 'IS', 'LI'].map((country) => [country, undefined, ['avmsd', 'eprivacy', 'gdpr']] as const),
  ['GB', undefined, ['uk-gdpr']],
  ['CH', undefined, ['fadp']],
  ['BR', undefined, ['lgpd']],
  ['US', undefined, federal],
  ['PR', undefined, federal],
  ['US', 'NY', federal],
  ['US', 'CA', ['ccpa', ...federal]],
  ['US', 'VA', [...federal, 'vcdpa']],
  ['US', 'CO', [...federal, 'cpa-colorado']],
  ['US', 'CT', [...federal, 'ctdpa']],
  ['US', 'TX', [...federal, 'tdpsa']],
  ['CA', undefined, ['pipeda']],
  ['CA', 'ON', ['pipeda']],
  ['CA', 'QC', ['pipeda', 'quebec-law25']],
  ['JP', undefined, ['appi']],
  ['IN', undefined, ['dpdp-india']],
  ['CN', undefined, ['pipl']],
  ['ZA', undefined, ['popia']],
  ['SG', undefined, ['pdpa-singapore']],
  ['TH', undefined, ['pdpa-thailand']],
  ['AR', undefined, []],
] as const)('a viewer in %s %s is judged by the laws there and by no other', (country, region, regulations) => {
  expect(regulationsIn(country, region)).toEqual([...regulations].sort())
})

const gdpr = packs.find(({ regulation }) => regulation === 'gdpr')

test('the GDPR counts 27 member states, three EEA states and seven territories', () => {
  expect(new Set(gdpr?.jurisdictions).size).toBe(27 + 3 + 7)
})

test('no transfer destination is both in the EEA and a third country with an adequacy decision', () => {
  const { eea = [], adequate = [], adequacyClaimable = [] } = gdpr?.lists ?? {}
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
