import { hourMs } from './series-tally.ts'
import type { ShownSeries, StoredAnomaly } from './series-watch-store.ts'

/** A series as REST and the graph tell it. Times are RFC 3339. */
export function shownSeries({ series, firstHour, judgedHour, openSince }: ShownSeries) {
  return {
    name: series,
    since: timeOf(firstHour),
    /** The end of the last hour judged. */
    judgedUntil: judgedHour === firstHour ? null : timeOf(judgedHour + 1),
    anomalousSince: openSince === null ? null : timeOf(openSince),
  }
}

export function shownAnomaly({ startHour, lastHour, isOpen, ...rest }: StoredAnomaly) {
  return { since: timeOf(startHour), until: timeOf(lastHour + 1), isOpen, ...rest }
}

/** When an hour begins. */
export function timeOf(hour: number): string {
  return new Date(hour * hourMs).toISOString()
}
