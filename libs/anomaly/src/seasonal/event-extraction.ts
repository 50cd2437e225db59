/** Hours from `start` up to but without `end`, as indices into a series. */
export interface HourSpan {
  readonly start: number
  readonly end: number
}

/** How flags of hours become events. */
export interface EventShape {
  /** Flagged hours with at most so many unflagged ones between them are one event. */
  readonly gapHoursMax: number
  /** What lasts shorter is none. */
  readonly lengthHoursMin: number
}

export const eventShape: EventShape = { gapHoursMax: 2, lengthHoursMin: 2 }

/** The events in scores of successive hours; those at or above the threshold are flagged. NaN is never flagged. */
export function eventsIn(scores: ArrayLike<number>, threshold: number, { gapHoursMax, lengthHoursMin }: EventShape = eventShape): HourSpan[] {
  const events: { start: number; end: number }[] = []
  for (let hour = 0; hour < scores.length; hour += 1) {
    if (!(scores[hour]! >= threshold)) continue
    const last = events.at(-1)
    if (last !== undefined && hour - last.end <= gapHoursMax) last.end = hour + 1
    else events.push({ start: hour, end: hour + 1 })
  }
  return events.filter(({ start, end }) => end - start >= lengthHoursMin)
}
