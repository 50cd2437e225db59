import type { ViolationItem } from '../data/shapes.ts'

/** One sentence for those who listen to the page, however many violations came since the last. */
export function announce(opened: readonly ViolationItem[]): string {
  const latest = opened.at(-1)
  if (latest === undefined) return ''
  if (opened.length === 1) return `New violation, ${latest.severity}: ${latest.message}`
  return `${opened.length} new violations, the latest ${latest.severity}: ${latest.message}`
}
