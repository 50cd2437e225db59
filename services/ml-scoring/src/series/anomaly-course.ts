import { eventShape, type EventShape } from '@ott/anomaly/seasonal/event-extraction'

export type Direction = 'above' | 'below'

/** An hour that is hardly chance. */
export interface UnlikelyHour {
  readonly hour: number
  readonly count: number
  readonly expected: number
  readonly direction: Direction
  /** 0 to 1: how sure the model is that the hour belongs to an event. */
  readonly likelihood: number
  readonly model: string
  /** Whether it needs no second hour: the model itself stays silent after one. */
  readonly standsAlone: boolean
}

/** A row of unlikely hours. Plain JSON. */
export interface Anomaly {
  readonly startHour: number
  readonly lastHour: number
  /** Long enough to be one; false for what may still turn out to be chance. */
  readonly isOpen: boolean
  /** The unlikeliest hour so far. */
  readonly peak: UnlikelyHour
}

export interface CourseStep {
  /** What goes on after this hour. */
  readonly ongoing: Anomaly | null
  /** Open ones as they are now, and those that closed with this hour: to be written down. */
  readonly changes: readonly Anomaly[]
  /** What opened with this hour. */
  readonly opened: Anomaly | undefined
}

/**
 * Goes on by one hour, as `eventsIn` finds events in a whole series: unlikely hours with small gaps are one anomaly, which opens when
 * it has lasted long enough and closes when the gap has become too large.
 *
 * @param hour may be far after the one before
 */
export function courseAfter(ongoing: Anomaly | null, hour: number, unlikely: UnlikelyHour | undefined, { gapHoursMax, lengthHoursMin }: EventShape = eventShape): CourseStep {
  const isOver = ongoing !== null && hour - ongoing.lastHour - (unlikely === undefined ? 0 : 1) > gapHoursMax
  const closed = isOver && ongoing.isOpen ? [{ ...ongoing, isOpen: false }] : []
  const before = isOver ? null : ongoing
  if (unlikely === undefined) return { ongoing: before, changes: closed, opened: undefined }
  const startHour = before?.startHour ?? hour
  const peak = before === null || unlikely.likelihood > before.peak.likelihood ? unlikely : before.peak
  const isOpen = before?.isOpen === true || unlikely.standsAlone || hour - startHour + 1 >= lengthHoursMin
  const next: Anomaly = { startHour, lastHour: hour, isOpen, peak }
  return { ongoing: next, changes: isOpen ? [...closed, next] : closed, opened: isOpen && before?.isOpen !== true ? next : undefined }
}
