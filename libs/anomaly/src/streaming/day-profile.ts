/** What is usual at each half hour of the day (UTC), one entry each. Plain JSON, never changed in place. */
export interface DayProfile {
  readonly means: readonly number[]
  readonly counts: readonly number[]
  /** The day, counted from 1970, on which the half hour was first met; null for one never met. */
  readonly firstDays: readonly (number | null)[]
}

const slots = 48
const dayMs = 86_400_000
const fade = 0.02

export const noProfile: DayProfile = {
  means: new Array<number>(slots).fill(0),
  counts: new Array<number>(slots).fill(0),
  firstDays: new Array<null>(slots).fill(null),
}

/** The usual value at this time of day; undefined until an earlier day had one. */
export function usualAt({ means, firstDays }: DayProfile, atMs: number): number | undefined {
  const { day, slot } = slotOf(atMs)
  const firstDay = firstDays[slot]!
  return firstDay !== null && firstDay < day ? means[slot] : undefined
}

export function learnAt({ means, counts, firstDays }: DayProfile, atMs: number, value: number): DayProfile {
  const { day, slot } = slotOf(atMs)
  const count = counts[slot]! + 1
  return {
    means: means.with(slot, means[slot]! + Math.max(1 / count, fade) * (value - means[slot]!)),
    counts: counts.with(slot, Math.min(count, 1 / fade)),
    firstDays: firstDays[slot] === null ? firstDays.with(slot, day) : firstDays,
  }
}

function slotOf(atMs: number) {
  const day = Math.floor(atMs / dayMs)
  return { day, slot: Math.floor(((atMs - day * dayMs) / dayMs) * slots) }
}
