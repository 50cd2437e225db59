const epochMs = 0
/** The end of a consent that states none. */
const endOfTimeMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/**
 * A record of informed, written consent to the disclosure of viewing history, 18 U.S.C. § 2710(b)(2)(B). Every question has an
 * answer: without a record it is false or the epoch.
 */
export class VppaConsent {
  static readonly absent = new VppaConsent(undefined)

  readonly present: boolean
  readonly given: boolean
  /** In a form distinct and separate from others, (b)(2)(B)(i). */
  readonly distinctAndSeparate: boolean
  readonly withdrawn: boolean
  /** Whether the record states a time from which its end follows. */
  readonly dated: boolean
  readonly #givenAtMs: number
  readonly #validUntilMs: number

  /** @param record as the event contract has it; what has another type counts as not stated */
  constructor(record: unknown) {
    const stated = typeof record === 'object' && record !== null ? (record as Record<string, unknown>) : undefined
    const givenAtMs = millisecondsOf(stated?.['givenAt'])
    const expiresAtMs = millisecondsOf(stated?.['expiresAt'])
    this.present = stated !== undefined
    this.given = stated?.['given'] === true
    this.distinctAndSeparate = stated?.['distinctAndSeparate'] === true
    this.withdrawn = stated?.['withdrawn'] === true
    this.dated = givenAtMs !== undefined || expiresAtMs !== undefined
    this.#givenAtMs = givenAtMs ?? epochMs
    const ends = [expiresAtMs, givenAtMs === undefined ? undefined : twoYearsAfter(givenAtMs)].filter((end) => end !== undefined)
    this.#validUntilMs = this.given ? Math.min(endOfTimeMs, ...ends) : epochMs
  }

  get givenAt(): Date {
    return new Date(this.#givenAtMs)
  }

  /**
   * The end of the period consented to, at most two years after it was given, (b)(2)(B)(ii)(II). The epoch when no consent was
   * given, the end of the year 9999 when one was given and the record states no time.
   */
  get validUntil(): Date {
    return new Date(this.#validUntilMs)
  }

  /** Whether a consent was given by then, has not been withdrawn since and has not run out. */
  validAt(time: Date): boolean {
    return this.given && !this.withdrawn && time.getTime() >= this.#givenAtMs && time.getTime() <= this.#validUntilMs
  }
}

function twoYearsAfter(milliseconds: number): number {
  const later = new Date(milliseconds)
  return later.setUTCFullYear(later.getUTCFullYear() + 2)
}

function millisecondsOf(time: unknown): number | undefined {
  if (typeof time !== 'string') return undefined
  const milliseconds = new Date(time).getTime()
  return Number.isNaN(milliseconds) ? undefined : milliseconds
}
