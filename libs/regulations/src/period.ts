/** A period of law: calendar years and months, days of 24 hours, hours, or working days. */
export interface Period {
  readonly months: number
  readonly ms: number
  /** Monday to Friday, in UTC; holidays differ too much from place to place to be known here. */
  readonly businessDays: number
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** ISO 8601 without seconds, or working days. */
const iso8601 = /^P(?:(\d{1,3})Y)?(?:(\d{1,3})M)?(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,4})M)?)?$/
const working = /^(\d{1,3}) business days?$/

/** Reads a period such as `P1M`, `PT72H` or `10 business days`; undefined when it is none, or none at all. */
export function parsePeriod(text: string): Period | undefined {
  const days = working.exec(text)
  if (days !== null) return positive({ months: 0, ms: 0, businessDays: Number(days[1]) })
  const match = iso8601.exec(text)
  if (match === null) return undefined
  const [years = 0, months = 0, weeks = 0, calendarDays = 0, hours = 0, minutes = 0] = match.slice(1).map((part) => Number(part ?? 0))
  return positive({ months: years * 12 + months, ms: (weeks * 7 + calendarDays) * dayMs + hours * hourMs + minutes * minuteMs, businessDays: 0 })
}

function positive(period: Period): Period | undefined {
  return period.months + period.ms + period.businessDays > 0 ? period : undefined
}

/**
 * The end of a period that starts at a time, in ms since the epoch, UTC. A month ends on the day with the same number, or on the
 * last of a shorter month (Regulation (EEC, Euratom) 1182/71, Art. 3(2)(c)).
 */
export function endOf(startMs: number, { months, ms, businessDays }: Period): number {
  const date = new Date(startMs)
  if (months > 0) {
    const day = date.getUTCDate()
    date.setUTCDate(1)
    date.setUTCMonth(date.getUTCMonth() + months)
    const lastOfMonth = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
    date.setUTCDate(Math.min(day, lastOfMonth))
  }
  for (let left = businessDays; left > 0; ) {
    date.setUTCDate(date.getUTCDate() + 1)
    if (date.getUTCDay() !== 0 && date.getUTCDay() !== 6) left--
  }
  return date.getTime() + ms
}

/** No shorter than the period is anywhere: for keeping what may still matter. */
export function longestMs({ months, ms, businessDays }: Period): number {
  return months * 31 * dayMs + ms + Math.ceil(businessDays / 5) * 7 * dayMs + (businessDays > 0 ? 2 * dayMs : 0)
}
