/** Times that recur. A field that is absent puts no bound; ranges of minutes end before their end, the others include it. */
export interface TimeInterval {
  readonly times: readonly { readonly startMinute: number; readonly endMinute: number }[]
  /** 0 is Sunday. */
  readonly weekdays: readonly { readonly begin: number; readonly end: number }[]
  /** Negative ones count from the month's end: -1 is its last day. */
  readonly daysOfMonth: readonly { readonly begin: number; readonly end: number }[]
  readonly months: readonly { readonly begin: number; readonly end: number }[]
  readonly years: readonly { readonly begin: number; readonly end: number }[]
  /** IANA name of the zone; UTC where none is given. */
  readonly timeZone: string
}
