import type { RegulationPack } from './regulation-pack.ts'
import type { RegulationRule } from './regulation-rule.ts'

/** What the packs hold, as a page to read: each framework with its rules, what they cite and where that can be read. */
export function describeRegulations(packs: readonly RegulationPack[]): string {
  const rules = packs.flatMap((pack) => pack.rules)
  const several = rules.filter(({ after, deadline }) => after !== undefined || deadline !== undefined)
  const lines = [
    '<!-- Generated from libs/regulations/packs; change those, then run: npm run generate -->',
    '# Regulations',
    '',
    `${rules.length} rules of ${packs.length} frameworks, ${several.length} of them about several events (⏱ a period that must be kept, ⇥ a sequence).`,
    'How to read and write one: [libs/regulations](../libs/regulations/README.md).',
    '',
    '| framework | id | rules | where |',
    '|---|---|---|---|',
    ...packs.map((pack) => `| [${pack.name}](#${anchorOf(pack)}) | \`${pack.regulation}\` | ${pack.rules.length} | ${placesOf(pack.jurisdictions)} |`),
  ]
  for (const pack of packs) {
    lines.push('', `## ${headingOf(pack)}`, '', '| rule | finds | severity | citation |', '|---|---|---|---|')
    lines.push(...pack.rules.map((rule) => `| \`${rule.id}\` | ${cell(rule.title)}${markOf(rule)}${elsewhere(rule)} | ${rule.severity} | [${cell(rule.citation)}](${rule.source}) |`))
  }
  return `${lines.join('\n')}\n`
}

function headingOf({ name, regulation }: RegulationPack): string {
  return `${name} (${regulation})`
}

/** As GitHub makes it of a heading. */
function anchorOf(pack: RegulationPack): string {
  return headingOf(pack)
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

function markOf({ after, deadline }: RegulationRule): string {
  return deadline !== undefined ? ' ⏱' : after !== undefined ? ' ⇥' : ''
}

function elsewhere({ jurisdictions }: RegulationRule): string {
  return jurisdictions === undefined ? '' : ` (${placesOf(jurisdictions)})`
}

function placesOf(jurisdictions: RegulationPack['jurisdictions']): string {
  if (jurisdictions === 'worldwide') return 'worldwide'
  const [first = '', ...more] = jurisdictions
  return jurisdictions.length <= 6 ? jurisdictions.join(', ') : `${first} and ${more.length} more`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
