import { listedMax } from '../data/operations.ts'
import type { AlertItem, ViolationItem, ViolationSummary } from '../data/shapes.ts'

/** A violation that has just opened: nobody can have acknowledged it, and one event gives evidence. */
export function asSummary(opened: ViolationItem): ViolationSummary {
  return { ...opened, status: 'open', acknowledgedAt: null, evidenceCount: 1 }
}

/** What just came goes first; one that is there already stays as it is, since its list knows more. */
export function withOpened(list: readonly ViolationSummary[], opened: readonly ViolationItem[]): readonly ViolationSummary[] {
  const known = new Set(list.map(({ id }) => id))
  const fresh: ViolationSummary[] = []
  for (const violation of opened) {
    if (known.has(violation.id)) continue
    known.add(violation.id)
    fresh.unshift(asSummary(violation))
  }
  return [...fresh, ...list].slice(0, listedMax)
}

/**
 * The list as it was read, after those that came live: a list is sorted by when things happened to viewers, and what was
 * reported late would vanish from the top of a page that shows what is new.
 */
export function withLoaded<Item extends { readonly id: string }>(live: readonly Item[], loaded: readonly Item[]): readonly Item[] {
  const byId = new Map(loaded.map((item) => [item.id, item]))
  const first = live.map((item) => byId.get(item.id) ?? item)
  const shown = new Set(first.map(({ id }) => id))
  return [...first, ...loaded.filter(({ id }) => !shown.has(id))].slice(0, listedMax)
}

/** In place of its former self. */
export function withChanged<Item extends { readonly id: string }>(list: readonly Item[], changed: Item): readonly Item[] {
  return list.map((item) => (item.id === changed.id ? { ...item, ...changed } : item))
}

/** The alerts after some changed: known ones in their place, others first. */
export function withAlerts(list: readonly AlertItem[], changed: readonly AlertItem[]): readonly AlertItem[] {
  const changes = new Map(changed.map((alert) => [alert.id, alert]))
  const kept = list.map((alert) => {
    const change = changes.get(alert.id)
    changes.delete(alert.id)
    return change === undefined ? alert : { ...alert, ...change }
  })
  return [...[...changes.values()].reverse(), ...kept].slice(0, listedMax)
}
