const dayMs = 86_400_000

/** From one day to another, both included, in UTC: `2026-03-02`. */
export interface Days {
  readonly from: string
  readonly to: string
}

/** The day of a time, in UTC. */
export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}

/** What is compared with the training: yesterday and today, so that at any time at least 24 h are, each hour of the day among them. */
export function comparedDays(nowMs: number): Days {
  return { from: dayOf(nowMs - dayMs), to: dayOf(nowMs) }
}

/** Whether what happened then is compared now or will be: not what a late, or a wrong, clock says of other days. */
export function isCompared(atMs: number, nowMs: number): boolean {
  const daysAgo = Math.floor(nowMs / dayMs) - Math.floor(atMs / dayMs)
  return daysAgo === 0 || daysAgo === 1
}

/** The days whose counts are kept: those compared, and tomorrow, which a process with a clock a little ahead may have begun. */
export function keptDays(nowMs: number): Days {
  return { from: dayOf(nowMs - dayMs), to: dayOf(nowMs + dayMs) }
}
