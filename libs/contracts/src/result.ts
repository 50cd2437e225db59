/** One thing wrong with an input, and where: `field` is a dotted path such as `data.ip`. */
export interface FieldProblem {
  readonly field: string
  readonly problem: string
  /** Where in a text, such as the rules that were sent; from 1. */
  readonly line?: number | undefined
  readonly column?: number | undefined
}

/** What a check answers: the value, or everything found wrong with it. */
export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly FieldProblem[] }

export function valid<T>(value: T): Checked<T> {
  return { ok: true, value }
}

export function invalid(field: string, problem: string): Checked<never> {
  return { ok: false, problems: [{ field, problem }] }
}

/** `field: problem; field: problem`, cut to 1,000 characters: fits a header and a log line. */
export function describeProblems(problems: readonly FieldProblem[]): string {
  return problems
    .map(({ field, problem }) => `${field}: ${problem}`)
    .join('; ')
    .slice(0, 1_000)
}
