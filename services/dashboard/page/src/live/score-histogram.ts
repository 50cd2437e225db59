export const binCount = 10

/** How the scores of the latest events are spread. */
export interface ScoreHistogram {
  add(score: number): void
  /** Events per tenth of the scale, from 0 on. */
  counts(): readonly number[]
}

/** Of the last `capacity` scores; the oldest makes room for the newest. */
export function createScoreHistogram(capacity: number): ScoreHistogram {
  const bins = new Uint8Array(capacity)
  const counts = new Array<number>(binCount).fill(0)
  let added = 0
  return {
    add(score) {
      const place = added % capacity
      if (added >= capacity) counts[bins[place] ?? 0]! -= 1
      const bin = Math.min(binCount - 1, Math.max(0, Math.floor(score * binCount + 1e-9)))
      bins[place] = bin
      counts[bin]! += 1
      added++
    },
    counts: () => [...counts],
  }
}

/** `0.3–0.4` for the fourth. */
export function binLabel(bin: number): string {
  return `${(bin / binCount).toFixed(1)}–${((bin + 1) / binCount).toFixed(1)}`
}

/** Whether every score of a bin is at or above the bound. */
export function isAtOrAbove(bin: number, bound: number): boolean {
  return bin / binCount >= bound - 1e-9
}
