/** Waits after the first, second … failed try of a delivery: nine, so ten tries within about three days. */
export const defaultRetrySchedule = '5s,5m,30m,2h,5h,10h,14h,20h,24h'

const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const
const waitMsMax = 7 * 24 * 3_600_000
const waitsMax = 50

/** A server's wish to be left alone is honoured for a day at most. */
export const retryAfterMsMax = 24 * 3_600_000

/**
 * Reads `DELIVERY_RETRY_SCHEDULE`: durations such as `5s`, `30m`, `2h`, separated by commas.
 * @returns ms
 * @throws Error that quotes what can't be read
 */
export function parseRetrySchedule(text: string): readonly number[] {
  const parts = text.split(',').map((part) => part.trim())
  if (parts.length > waitsMax) throw new Error(`DELIVERY_RETRY_SCHEDULE: at most ${waitsMax} waits, not ${parts.length}`)
  return parts.map((part) => {
    const [, number, unit] = /^(\d{1,9})(ms|s|m|h)$/.exec(part) ?? []
    const waitMs = number === undefined ? 0 : Number(number) * unitsMs[unit as keyof typeof unitsMs]
    if (waitMs < 1 || waitMs > waitMsMax) throw new Error(`DELIVERY_RETRY_SCHEDULE: "${part}" is not a duration from 1ms to 168h, such as 5s, 30m or 2h`)
    return waitMs
  })
}

export interface FailedTry {
  /** Tries so far, the failed one included. */
  readonly tries: number
  readonly waitsMs: readonly number[]
  /** From 0 to 1: moves the wait by up to a fifth either way, so that many deliveries don't come back at one instant. */
  readonly chance: number
  readonly nowMs: number
  /** How long the server asked to be left alone; undefined where it didn't, or not with a status that means it. */
  readonly retryAfterMs: number | undefined
}

/** When a delivery whose try failed is tried again; undefined when it was the last try. Never sooner than the server asked for. */
export function nextAttemptMs({ tries, waitsMs, chance, nowMs, retryAfterMs = 0 }: FailedTry): number | undefined {
  const waitMs = waitsMs[tries - 1]
  if (waitMs === undefined) return undefined
  const scheduledMs = Math.round(waitMs * (0.8 + 0.4 * chance))
  return nowMs + Math.max(scheduledMs, Math.min(Math.max(retryAfterMs, 0), retryAfterMsMax))
}

/** The three forms of an HTTP date: IMF-fixdate, RFC 850, asctime (RFC 9110, section 5.6.7). */
const httpDates = [
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/,
]

/**
 * Reads a `Retry-After` header: seconds, or an HTTP date (RFC 9110, section 10.2.3).
 * @returns ms from now, 0 for a date that has passed, at most a day; undefined for anything else
 */
export function parseRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  const value = text?.trim() ?? ''
  if (/^\d{1,15}$/.test(value)) return Math.min(Number(value) * 1_000, retryAfterMsMax)
  if (!httpDates.some((form) => form.test(value))) return undefined
  const atMs = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`)
  return Number.isNaN(atMs) ? undefined : Math.min(Math.max(atMs - nowMs, 0), retryAfterMsMax)
}
