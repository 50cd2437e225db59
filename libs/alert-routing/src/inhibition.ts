import type { Alert, Labels } from './alert.ts'
import { labelOf, matchesAll, type Matcher } from './matcher.ts'

/** While an alert that matches the source fires, those that match the target and equal it in these labels are muted. */
export interface InhibitRule {
  readonly name: string | undefined
  readonly source: readonly Matcher[]
  readonly target: readonly Matcher[]
  readonly equal: readonly string[]
}

/**
 * Which of the alerts that fire mutes an alert, undefined where none does. A label that is absent equals an empty one, so alerts that both lack it are
 * equal in it. An alert that matches both sides of a rule isn't muted, by that rule, by one that does too (docs/configuration.md,
 * `<inhibit_rule>`), so never by itself. A source inhibits whether or not it is muted itself. What fires is gone through once, however many ask.
 *
 * @param firing all of the tenant's alerts that fire now
 */
export function inhibitorOf(rules: readonly InhibitRule[], firing: readonly Alert[]): (alert: Pick<Alert, 'labels'>) => Alert | undefined {
  const indexed = rules.map((rule) => ({ rule, sources: sourcesOf(rule, firing) }))
  return ({ labels }) => {
    for (const { rule, sources } of indexed) {
      if (!matchesAll(rule.target, labels)) continue
      const equals = sources.get(equalOf(rule, labels))
      const source = matchesAll(rule.source, labels) ? equals?.ofSourceAlone : equals?.any
      if (source !== undefined) return source
    }
    return undefined
  }
}

/** The same for one alert. */
export function inhibitedBy(rules: readonly InhibitRule[], alert: Pick<Alert, 'labels'>, firing: readonly Alert[]): Alert | undefined {
  return inhibitorOf(rules, firing)(alert)
}

interface Sources {
  readonly any: Alert
  /** One that doesn't match the target too. */
  readonly ofSourceAlone: Alert | undefined
}

/** The sources of a rule, one for each of the values that they may equal a target in. */
function sourcesOf(rule: InhibitRule, firing: readonly Alert[]): ReadonlyMap<string, Sources> {
  const sources = new Map<string, Sources>()
  for (const alert of firing) {
    if (!matchesAll(rule.source, alert.labels)) continue
    const key = equalOf(rule, alert.labels)
    const known = sources.get(key)
    if (known?.ofSourceAlone !== undefined) continue
    sources.set(key, { any: known?.any ?? alert, ofSourceAlone: matchesAll(rule.target, alert.labels) ? undefined : alert })
  }
  return sources
}

function equalOf({ equal }: InhibitRule, labels: Labels): string {
  return JSON.stringify(equal.map((name) => labelOf(labels, name)))
}
