import type { ParseResult } from '@marcbachmann/cel-js'
import type { ViewerEventType } from '@ott/contracts/viewer-event-types'
import type { CompiledRule } from './compiled-rule.ts'
import { eventFields } from './event-fields.ts'
import { problemAt, type ConditionProblem } from './rule-condition.ts'
import { canBe, type SearchBudget } from './search-truth.ts'
import { truthProblemOf, type Formula, type TruthProblem } from './truth-formula.ts'

/** A fault in one of a rule's conditions. Line and column count from 1 inside the condition. */
export interface RuleProblem extends ConditionProblem {
  /** Such as `when` or `after.when`. */
  readonly field: string
}

export interface ReachabilityOptions {
  /** The named lists of the rule's pack. */
  readonly lists: Readonly<Record<string, readonly string[]>>
  readonly budget: SearchBudget
}

/** Work that one check of a rule set may take: about a fifth of a second. */
export const searchBudgetOfCheck = 4_000_000

/**
 * Finds conditions that can never be true, parts of them that can't, conditions that are always true without saying so (`true` is
 * allowed: it says so), and literals that a field's contract rules out. Each event type of a condition is looked at by itself.
 *
 * It sees: and, or, not, `?:`, presence of optional fields and keys; equality and membership of texts with the values that a contract
 * lists or the form it demands; numbers and sizes compared with constants within the contract's limits; the countries and
 * subdivisions of the rule; and that the same expression has the same value twice.
 *
 * It doesn't see, and takes for possible: relations between two fields, arithmetic, times, the inside of `exists` and its like, how
 * `startsWith`, `contains` and the content of lists depend on one another, answers of `consent`, and which subdivision belongs to
 * which country. What is left when the budget ends counts as possible, and is told as undecided.
 */
export function checkReachability(rule: CompiledRule, { lists, budget }: ReachabilityOptions): { problems: RuleProblem[]; undecided: boolean } {
  const problems: RuleProblem[] = []
  let undecided = false
  for (const { field, holds, eventTypes, isPlaced } of conditionsOf(rule)) {
    const fixed = isPlaced ? placesOf(rule.jurisdictions) : new Map<string, readonly string[]>()
    const verdicts = eventTypes.map((type) => {
      const known = new Map([...fixed, ['type', [type]]])
      return { type, ...verdictOf(truthProblemOf(holds.ast, { fields: eventFields(type), lists, fixed: known }), budget) }
    })
    if (verdicts.some((verdict) => verdict.undecided)) undecided = true
    const found = new Map<string, ConditionProblem>()
    const report = (formula: Pick<Formula, 'node'>, problem: string) => found.set(`${formula.node.start} ${problem}`, problemAt(holds.ast.input, formula.node.start, problem))
    // A literal may be meant for one type only.
    for (const { node, text, field: path } of verdicts[0]?.strays ?? []) {
      if (verdicts.every(({ strays }) => strays.some((stray) => stray.node === node))) report({ node }, `"${text}" is no value that ${path} can have`)
    }
    const inType = (type: ViewerEventType) => (eventTypes.length === 1 ? '' : ` (in ${type})`)
    if (found.size === 0) for (const { type, faults } of verdicts) for (const { formula, problem } of faults) report(formula, `${problem}${inType(type)}`)
    problems.push(...[...found.values()].map((problem) => ({ field, ...problem })))
  }
  return { problems, undecided }
}

/** Every condition of a rule, with the types it is put to. */
export function conditionsOf({ holds, eventTypes, timing }: CompiledRule): { field: string; holds: ParseResult; eventTypes: readonly ViewerEventType[]; /** Put only where the rule applies. */ isPlaced: boolean }[] {
  const conditions = [{ field: 'when', holds, eventTypes, isPlaced: true }]
  if (timing?.kind === 'sequence') {
    conditions.push({ field: 'after.when', ...timing.first, isPlaced: true })
    if (timing.lifting !== undefined) conditions.push({ field: 'unless.when', ...timing.lifting, isPlaced: false })
  } else if (timing?.kind === 'deadline') {
    conditions.push({ field: 'deadline.until.when', ...timing.stop, isPlaced: false })
    if (timing.extension !== undefined) conditions.push({ field: 'deadline.extension.when', ...timing.extension, isPlaced: false })
  }
  return conditions
}

function placesOf(jurisdictions: CompiledRule['jurisdictions']): Map<string, readonly string[]> {
  if (jurisdictions === 'worldwide') return new Map()
  const parts = jurisdictions.map((place) => place.split('-'))
  const countries = [...new Set(parts.map(([country = '']) => country))]
  const regions = parts.flatMap(([, region]) => region ?? [])
  return new Map([['data.country', countries], ...(regions.length === parts.length ? [['data.region', regions] as const] : [])])
}

interface Verdict {
  readonly faults: readonly { readonly formula: Formula; readonly problem: string }[]
  readonly strays: TruthProblem['strays']
  readonly undecided: boolean
}

function verdictOf({ formula, values, strays }: TruthProblem, budget: SearchBudget): Verdict {
  const never = (each: Formula) => canBe(each, [true], values, budget) === false
  const faults: { formula: Formula; problem: string }[] = []
  if (never(formula)) {
    const { culprit, before } = culpritOf(formula, never)
    faults.push({ formula: culprit, problem: before ? 'can never be true together with what stands before it' : 'can never be true' })
  } else {
    for (const part of choicesOf(formula)) if (never(part)) faults.push({ formula: part, problem: 'can never be true, so that this part has no effect' })
    if (formula.node.op !== 'value' && canBe(formula, [false, 'error'], values, budget) === false) faults.push({ formula, problem: 'is always true: write true if that is meant' })
  }
  return { faults, strays, undecided: budget.left <= 0 }
}

/** The first part of a conjunction that makes it impossible, as deep as there is one. */
function culpritOf(formula: Formula, never: (formula: Formula) => boolean): { culprit: Formula; before: boolean } {
  if (formula.kind !== 'and') return { culprit: formula, before: false }
  const alone = formula.parts.find(never)
  if (alone !== undefined) return culpritOf(alone, never)
  const count = formula.parts.findIndex((_, index) => never({ ...formula, parts: formula.parts.slice(0, index + 1) }))
  return { culprit: formula.parts[count] ?? formula, before: count >= 0 }
}

/** What stands beside an alternative. */
function choicesOf(formula: Formula): Formula[] {
  switch (formula.kind) {
    case 'or':
      return [...formula.parts, ...formula.parts.flatMap(choicesOf)]
    case 'and':
      return formula.parts.flatMap(choicesOf)
    case 'not':
      return choicesOf(formula.part)
    case 'if':
      return [formula.test, formula.then, formula.otherwise].flatMap(choicesOf)
    default:
      return []
  }
}
