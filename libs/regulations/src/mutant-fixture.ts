import { parse, type ASTNode } from '@marcbachmann/cel-js'
import { parsePeriod } from './period.ts'
import type { RegulationRule } from './regulation-rule.ts'

/** A rule that differs from another in one place. */
export interface Mutant {
  readonly what: string
  readonly rule: RegulationRule
}

/**
 * The rule with each of its conditions, and each part of one that is joined by and, or, not, turned round; with each whole number that something is
 * compared with, each period and each count one more and one less; and with what tells starts of a period apart left out. One at a time.
 */
export function mutantsOf(rule: RegulationRule): Mutant[] {
  const { after, unless, deadline } = rule
  const extension = deadline?.extension
  const mutants: Mutant[] = []
  const put = (what: string, change: Partial<RegulationRule>) => mutants.push({ what, rule: { ...rule, ...change } })
  const conditions = (where: string, when: string, change: (when: string) => Partial<RegulationRule>) => {
    for (const mutated of [...flipped(when), ...shifted(when)]) put(`${where}: ${mutated}`, change(mutated))
  }
  conditions('when', rule.when, (when) => ({ when }))
  if (after !== undefined) {
    conditions('after.when', after.when, (when) => ({ after: { ...after, when } }))
    for (const within of oneOff(after.within)) put(`after.within: ${within}`, { after: { ...after, within } })
    for (const atLeast of [after.atLeast - 1, after.atLeast + 1]) if (atLeast > 0) put(`after.atLeast: ${atLeast}`, { after: { ...after, atLeast } })
    if (after.distinct !== undefined) put('after.distinct left out', { after: { ...after, distinct: undefined } })
  }
  if (unless !== undefined) {
    conditions('unless.when', unless.when, (when) => ({ unless: { ...unless, when } }))
    put('unless left out', { unless: undefined })
  }
  if (deadline !== undefined) {
    const { until } = deadline
    conditions('deadline.until.when', until.when, (when) => ({ deadline: { ...deadline, until: { ...until, when } } }))
    for (const within of oneOff(deadline.within)) put(`deadline.within: ${within}`, { deadline: { ...deadline, within } })
    if (deadline.match !== undefined) put('deadline.match left out', { deadline: { ...deadline, match: undefined } })
  }
  if (deadline !== undefined && extension !== undefined) {
    conditions('deadline.extension.when', extension.when, (when) => ({ deadline: { ...deadline, extension: { ...extension, when } } }))
    for (const within of oneOff(extension.within)) put(`deadline.extension.within: ${within}`, { deadline: { ...deadline, extension: { ...extension, within } } })
    put('deadline.extension left out', { deadline: { ...deadline, extension: undefined } })
  }
  return mutants
}

/** A period with its first number one less and one more. */
function oneOff(period: string): string[] {
  return [-1, 1].map((by) => period.replace(/\d+/, (digits) => String(Number(digits) + by))).filter((text) => parsePeriod(text) !== undefined)
}

/** Each whole number that something is compared with, one less and one more. */
function shifted(expression: string): string[] {
  return [...expression.matchAll(/(?:<=|>=|<|>) (\d+)\b(?!\.)/g)].flatMap((match) => {
    const [text, digits = ''] = match
    const start = match.index + text.length - digits.length
    return [-1, 1].map((by) => `${expression.slice(0, start)}${Number(digits) + by}${expression.slice(start + digits.length)}`)
  })
}

function flipped(expression: string): string[] {
  const parts = leavesOf(parse(expression).ast).map(({ start, end }) => [start, end] as const)
  const whole = parts.length === 1 ? [] : [[0, expression.length] as const]
  return [...whole, ...parts].map(([start, end]) => `${expression.slice(0, start)}!(${expression.slice(start, end)})${expression.slice(end)}`)
}

/** What and, or and not join. */
function leavesOf(node: ASTNode): ASTNode[] {
  if (node.op === '&&' || node.op === '||') return node.args.flatMap(leavesOf)
  if (node.op === '!_') return leavesOf(node.args)
  return [node]
}
