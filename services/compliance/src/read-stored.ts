import { isViewerEventType, viewerEventTypes } from '@ott/contracts/viewer-event-types'
import type { JudgedEvent } from '@ott/regulations/evaluate'
import { attacksIn } from './attacks-in.ts'

/** What rules see of a stored event, with its own id. */
export interface ReadEvent extends JudgedEvent {
  readonly id: string
}

/** Reads a stored event as the stage saw it: by its contract, with the values that are filled in. Undefined when the contract has changed so far that it can't be. */
export function readStored(json: Buffer): ReadEvent | undefined {
  const event = JSON.parse(json.toString()) as Record<string, unknown>
  const { id, type, subject, time, data } = event
  if (typeof id !== 'string' || typeof type !== 'string' || typeof subject !== 'string' || typeof time !== 'string' || !isViewerEventType(type)) return undefined
  const checked = viewerEventTypes[type].safeParse(data)
  if (!checked.success) return undefined
  return { id, type, subject, time, attacks: attacksIn({ ...event, data: checked.data }), data: checked.data as Record<string, unknown> }
}
