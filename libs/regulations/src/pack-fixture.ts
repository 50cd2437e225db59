import { stringify } from 'yaml'
import { parseRegulationPack, type RegulationPack } from './regulation-pack.ts'

const rule = {
  id: 'test.rule',
  title: 'A rule',
  citation: 'Test § 1',
  source: 'https://example.com/law',
  severity: 'low',
  eventTypes: ['com.ott.ad.impression.v1'],
  when: 'event.data.personalised',
  message: 'Campaign {data.campaignId}',
  remediation: 'Stop.',
  examples: ['a', 'b', 'c', 'd'].map((name, index) => {
    const personalised = index < 2
    return { name, fires: personalised, data: { country: 'DE', campaignId: 'c', personalised } }
  }),
}

/** The text of a valid pack with one rule, for tests; `rules` overrides fields of the rule, a rule each. */
export function aPackText(rules: readonly object[] = [{}], pack: object = {}): string {
  return stringify({
    regulation: 'test',
    name: 'Test',
    jurisdictions: ['DE'],
    lists: { words: ['a', 'b'] },
    rules: rules.map((overrides) => ({ ...rule, ...overrides })),
    ...pack,
  })
}

/** The same, read. */
export function aPack(rules?: readonly object[], pack?: object): RegulationPack {
  return parseRegulationPack(aPackText(rules, pack), 'test.yaml')
}
