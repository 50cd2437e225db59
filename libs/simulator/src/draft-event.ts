import type { ViewerEventData } from '@ott/contracts/viewer-event'
import type { ViewerEventType } from '@ott/contracts/viewer-event-types'

/** An event before the day is put in order and ids are given. */
export interface DraftEvent {
  /** Event time, ms since the epoch. */
  readonly atMs: number
  readonly type: ViewerEventType
  readonly subject: string
  readonly data: ViewerEventData
}

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs
