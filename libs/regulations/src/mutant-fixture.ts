import { parse, type ASTNode } from '@marcbachmann/cel-js'
import type { RegulationRule } from './regulation-rule.ts'

/** One condition of a rule turned round. */
export interface Mutant {
  readonly what: string
  readonly rule: RegulationRule
}

/** The rule with each of its conditions, and each part of one that is joined by and, or, not, turned round: one at a time. */
export function mutantsOf(rule: RegulationRule): Mutant[] {
  const { after, unless, deadline } = rule
  const of = (where: string, when: string, put: (when: string) => Partial<RegulationRule>) =>
    flipped(when).map((mutated) => ({ what: `${where}: ${mutated}`, rule: { ...rule, ...put(mutated) } }))
  return [
    ...of('when', rule.when, (when) => ({ when })),
    ...(after === undefined ? [] : of('after.when', after.when, (when) => ({ after: { ...after, when } }))),
    ...(unless === undefined ? [] : of('unless.when', unless.when, (when) => ({ unless: { ...unless, when } }))),
    ...(deadline === undefined ? [] : of('deadline.until.when', deadline.until.when, (when) => ({ deadline: { ...deadline, until: { ...deadline.until, when } } }))),
    ...(deadline?.extension === undefined
      ? []
      : of('deadline.extension.when', deadline.extension.when, (when) => ({ deadline: { ...deadline, extension: { ...(deadline.extension ?? deadline.until), within: deadline.extension?.within ?? '', when } } }))),
  ]
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
