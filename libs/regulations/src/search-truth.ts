import type { Formula, Value } from './truth-formula.ts'

/** What is left of the work that may be spent on searching, in parts of formulas looked at. Shared by all searches of a check. */
export interface SearchBudget {
  left: number
}

export type Outcome = boolean | 'error'

type Assignment = Map<string, Value>
interface Needed {
  readonly needed: string
}

/**
 * Whether the unknowns can have values that give a formula one of these outcomes: tried one unknown after the other, only those that
 * matter, so that the answer is exact. Undefined when the budget ends before the search does.
 */
export function canBe(formula: Formula, wanted: readonly Outcome[], values: ReadonlyMap<string, readonly Value[]>, budget: SearchBudget): boolean | undefined {
  const assignment: Assignment = new Map()
  const search = (): boolean | undefined => {
    const outcome = outcomeOf(formula, assignment, budget)
    if (budget.left <= 0) return undefined
    if (typeof outcome !== 'object') return wanted.includes(outcome)
    for (const value of values.get(outcome.needed) ?? []) {
      assignment.set(outcome.needed, value)
      const found = search()
      if (found !== false) return found
    }
    assignment.delete(outcome.needed)
    return false
  }
  return search()
}

/** As CEL has it: what is false makes an `&&` false, and what is true an `||` true, whatever error stands on the other side. */
function outcomeOf(formula: Formula, assignment: Assignment, budget: SearchBudget): Outcome | Needed {
  budget.left--
  switch (formula.kind) {
    case 'constant':
      return formula.value
    case 'atom': {
      for (const needed of formula.needs) {
        const present = assignment.get(needed)
        if (present === undefined) return { needed }
        if (present === false) return 'error'
      }
      const value = assignment.get(formula.unknown)
      return value === undefined ? { needed: formula.unknown } : formula.holds(value)
    }
    case 'not': {
      const outcome = outcomeOf(formula.part, assignment, budget)
      return typeof outcome === 'boolean' ? !outcome : outcome
    }
    case 'if': {
      const test = outcomeOf(formula.test, assignment, budget)
      return typeof test !== 'boolean' ? test : outcomeOf(test ? formula.then : formula.otherwise, assignment, budget)
    }
    default: {
      const decisive = formula.kind === 'or'
      let needed: Needed | undefined
      let failed = false
      for (const part of formula.parts) {
        const outcome = outcomeOf(part, assignment, budget)
        if (outcome === decisive) return decisive
        if (typeof outcome === 'object') needed ??= outcome
        else if (outcome === 'error') failed = true
      }
      return needed ?? (failed ? 'error' : !decisive)
    }
  }
}
