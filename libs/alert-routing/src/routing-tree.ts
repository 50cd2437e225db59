import type { Labels } from './alert.ts'
import type { Route } from './configuration.ts'
import { matchesAll } from './matcher.ts'

/**
 * The routes that an alert goes to: depth first, of each node its children before itself. A child that matches ends the search among its
 * siblings unless it continues; a node none of whose children match takes the alert itself (docs/configuration.md, `<route>`).
 * Empty only where the root itself has matchers, which a configuration that was read never has.
 */
export function matchRoutes(root: Route, labels: Labels): Route[] {
  if (!matchesAll(root.matchers, labels)) return []
  const matched: Route[] = []
  for (const child of root.routes) {
    const below = matchRoutes(child, labels)
    matched.push(...below)
    if (below.length > 0 && !child.continues) break
  }
  return matched.length > 0 ? matched : [root]
}

/** What the alerts of a group share by `group_by`. A label that the alert doesn't have, or has empty, isn't part of it. */
export function groupLabelsOf({ groupBy }: Pick<Route, 'groupBy'>, labels: Labels): Labels {
  const grouped = Object.entries(labels).filter(([name, value]) => value !== '' && (groupBy === 'all' || groupBy.includes(name)))
  return Object.fromEntries(grouped.toSorted(byName))
}

/** Names a group as Alertmanager does: `{}/{severity="high"}:{alertname="X"}`. The same alerts come to the same key after a restart. */
export function groupKeyOf({ key }: Pick<Route, 'key'>, groupLabels: Labels): string {
  const labels = Object.entries(groupLabels).toSorted(byName)
  return `${key}:{${labels.map(([name, value]) => `${/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : JSON.stringify(name)}=${JSON.stringify(value)}`).join(', ')}}`
}

/** The node that has this key. */
export function findRoute(root: Route, key: string): Route | undefined {
  if (root.key === key) return root
  for (const child of root.routes) {
    const found = key.startsWith(child.key) ? findRoute(child, key) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0
}
