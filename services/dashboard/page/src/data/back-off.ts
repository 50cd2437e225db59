const firstMs = 500
const longestMs = 15_000

/** The pause before try `attempt` (from 0): doubling to 15 s, between half and all of it, so that not all come back at once. */
export function backOffMs(attempt: number, random: number): number {
  const full = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 10))
  return full / 2 + (full / 2) * random
}
