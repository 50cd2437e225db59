import type { Matcher } from './matcher.ts'

/** While an alert that matches the source fires, those that match the target and equal it in these labels are muted. */
export interface InhibitRule {
  readonly name: string | undefined
  readonly source: readonly Matcher[]
  readonly target: readonly Matcher[]
  readonly equal: readonly string[]
}
