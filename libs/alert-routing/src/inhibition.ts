import type { Alert } from './alert.ts'
import { labelOf, matchesAll, type Matcher } from './matcher.ts'

/** While an alert that matches the source fires, those that match the target and equal it in these labels are muted. */
export interface InhibitRule {
  readonly name: string | undefined
  readonly source: readonly Matcher[]
  readonly target: readonly Matcher[]
  readonly equal: readonly string[]
}

/**
 * The first of the alerts that fire which mutes this one, undefined where none does. A label that is absent equals an empty one, so alerts
 * that both lack it are equal in it. An alert that matches both sides of a rule isn't muted, by that rule, by one that does too
 * (docs/configuration.md, `<inhibit_rule>`), so never by itself. A source inhibits whether or not it is muted itself.
 *
 * @param firing all of the tenant's alerts that fire now, the alert itself or not
 */
export function inhibitedBy(rules: readonly InhibitRule[], alert: Pick<Alert, 'labels'>, firing: readonly Alert[]): Alert | undefined {
  for (const rule of rules) {
    if (!matchesAll(rule.target, alert.labels)) continue
    const isTwoSided = matchesAll(rule.source, alert.labels)
    const source = firing.find(
      (other) =>
        matchesAll(rule.source, other.labels) &&
        rule.equal.every((name) => labelOf(other.labels, name) === labelOf(alert.labels, name)) &&
        !(isTwoSided && matchesAll(rule.target, other.labels)),
    )
    if (source !== undefined) return source
  }
  return undefined
}
