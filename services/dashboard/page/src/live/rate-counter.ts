/** Events of one second; null where nobody was looking, which is not the same as none. */
export interface RatePoint {
  /** Start of the second, ms since the epoch. */
  readonly atMs: number
  readonly events: number | null
}

export interface RateCounter {
  add(nowMs: number): void
  /** From now on events are seen, or not. */
  setWatching(nowMs: number, watching: boolean): void
  /** The last full seconds, oldest first. */
  series(nowMs: number): readonly RatePoint[]
}

const gapsMax = 20

/** Counts events by second over a window; adding costs the same however many there are. */
export function createRateCounter(seconds: number): RateCounter {
  const slots = seconds + 1
  const counts = new Uint32Array(slots)
  const secondOf = new Float64Array(slots).fill(-1)
  /** Times in which nobody was looking, in seconds; the last has no end while that lasts. */
  let gaps: readonly { readonly from: number; readonly to: number }[] = [{ from: -Infinity, to: Infinity }]

  return {
    add(nowMs) {
      const second = Math.floor(nowMs / 1_000)
      const slot = second % slots
      if (secondOf[slot] !== second) {
        secondOf[slot] = second
        counts[slot] = 0
      }
      counts[slot] = (counts[slot] ?? 0) + 1
    },
    setWatching(nowMs, watching) {
      const second = Math.floor(nowMs / 1_000)
      const last = gaps.at(-1)
      const isOpen = last !== undefined && last.to === Infinity
      if (watching && isOpen) gaps = [...gaps.slice(0, -1), { from: last.from, to: second }]
      if (!watching && !isOpen) gaps = [...gaps, { from: second, to: Infinity }].slice(-gapsMax)
    },
    series(nowMs) {
      const current = Math.floor(nowMs / 1_000)
      return Array.from({ length: seconds }, (_, place) => {
        const second = current - seconds + place
        const slot = ((second % slots) + slots) % slots
        const unseen = gaps.some(({ from, to }) => second >= from && second <= to)
        return { atMs: second * 1_000, events: unseen ? null : secondOf[slot] === second ? (counts[slot] ?? 0) : 0 }
      })
    },
  }
}

/** Mean over the last full seconds that were seen; undefined when none was. */
export function rateOf(series: readonly RatePoint[], seconds: number): number | undefined {
  const seen = series.slice(-seconds).flatMap(({ events }) => (events === null ? [] : [events]))
  return seen.length === 0 ? undefined : seen.reduce((sum, events) => sum + events, 0) / seen.length
}

/** Means over spans of so many seconds, oldest first: the same curve in a few rows. */
export function spansOf(series: readonly RatePoint[], seconds: number): readonly { readonly atMs: number; readonly rate: number | undefined }[] {
  const starts = Array.from({ length: Math.ceil(series.length / seconds) }, (_, span) => span * seconds)
  return starts.map((start) => {
    const span = series.slice(start, start + seconds)
    return { atMs: span[0]?.atMs ?? 0, rate: rateOf(span, seconds) }
  })
}
