import { fieldsOf, itemsOf, textOf, textsOf, type Place, type Reading } from './configuration-place.ts'
import type { InhibitRule } from './inhibition.ts'
import { readMatchers } from './read-matchers.ts'

const fields = ['name', 'source_match', 'source_match_re', 'source_matchers', 'target_match', 'target_match_re', 'target_matchers', 'equal']

/** The list under `inhibit_rules` (docs/configuration.md, `<inhibit_rule>`). */
export function readInhibitRules(reading: Reading, place: Place | undefined): readonly InhibitRule[] {
  return itemsOf(reading, place).flatMap((item) => {
    const rule = fieldsOf(reading, item, { fields })
    if (rule === undefined) return []
    return {
      name: textOf(reading, rule.get('name')),
      source: readMatchers(reading, { matchers: rule.get('source_matchers'), equal: rule.get('source_match'), expressions: rule.get('source_match_re') }),
      target: readMatchers(reading, { matchers: rule.get('target_matchers'), equal: rule.get('target_match'), expressions: rule.get('target_match_re') }),
      equal: textsOf(reading, rule.get('equal')).map(({ text }) => text),
    }
  })
}
