import { viewerEventTypes } from '@ott/contracts/viewer-event-types'
import { readEnvelope } from '@ott/history/stored-events'
import type { JudgedEvent } from '@ott/regulations/evaluate'
import { attacksIn } from './attacks-in.ts'

/** What rules see of a stored event, with its own id. */
export interface ReadEvent extends JudgedEvent {
  readonly id: string
}

/** Reads a stored event as the stage saw it: by its contract, with the values that are filled in. Undefined when the contract has changed so far that it can't be. */
export function readStored(json: Buffer): ReadEvent | undefined {
  const event = readEnvelope(json)
  if (event === undefined) return undefined
  const { id, type, subject, time } = event
  const checked = viewerEventTypes[type].safeParse(event.data)
  if (!checked.success) return undefined
  return { id, type, subject, time, attacks: attacksIn({ ...event, data: checked.data }), data: checked.data as Record<string, unknown> }
}
