/** How a label is compared: equal, not equal, matches, doesn't match. */
export type MatchOperator = '=' | '!=' | '=~' | '!~'

/** One condition on one label. A label that is absent counts as empty. Expressions are RE2's and anchored on both ends. */
export interface Matcher {
  readonly name: string
  readonly operator: MatchOperator
  readonly value: string
  matches(value: string): boolean
}
