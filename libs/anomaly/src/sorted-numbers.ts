/** The first place whose number isn't below the value, by bisection; the length where all are. @param sorted ascending */
export function firstNotBelow(sorted: ArrayLike<number>, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

/** The middle one, the mean of both where there are two; NaN for none. @param sorted ascending */
export function medianOfSorted(sorted: ArrayLike<number>): number {
  const middle = sorted.length >>> 1
  // Halved before they are added: their sum may be beyond what a number holds.
  return sorted.length % 2 === 1 ? sorted[middle]! : sorted[middle - 1]! / 2 + sorted[middle]! / 2
}
