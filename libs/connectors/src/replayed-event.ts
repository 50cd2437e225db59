import { hash } from 'node:crypto'
import { basename } from 'node:path'
import { checkSafeJson } from '@ott/contracts/safe-json'
import { checkViewerEvent } from '@ott/contracts/viewer-event'
import type { ViewerEventType } from '@ott/contracts/viewer-event-types'
import { z } from 'zod'
import { skipped, type Reading, type ReplayedEvent } from './connector.ts'

/** Where an entry stands: what its event's id is made of. */
export interface EntryPosition {
  readonly format: string
  readonly fileName: string
  readonly lineNumber: number
  /** The entry as written. */
  readonly entry: string
}

/**
 * The id of the event that an entry stands for: SHA-256, hex, over format, base name, line number and the entry.
 * Replaying a file gives the same ids, which the platform takes for duplicates; two entries of a file never share one.
 */
export function replayedId({ format, fileName, lineNumber, entry }: EntryPosition): string {
  return hash('sha256', JSON.stringify([format, basename(fileName), lineNumber, entry]), 'hex')
}

export function replayedSource(format: string): string {
  return `urn:ott:replay:${format}`
}

/** An event with the envelope that all formats share, in the shape of a reading. */
export function replayed(
  position: EntryPosition,
  event: { type: ViewerEventType; subject: string; time: string; data: Record<string, unknown> },
): Reading {
  return checkedReading({
    specversion: '1.0',
    id: replayedId(position),
    source: replayedSource(position.format),
    ...event,
    datacontenttype: 'application/json',
  })
}

/** The event, or `breaks-contract` with the first field at fault: a connector never makes what the platform would refuse. */
export function checkedReading(event: ReplayedEvent): Reading {
  const safe = checkSafeJson(event)
  // Whether a time lies in the future depends on the hour of receipt, which isn't known here.
  const checked = safe.ok ? checkViewerEvent(event, Number.POSITIVE_INFINITY) : safe
  return checked.ok ? { kind: 'event', event } : skipped('breaks-contract', checked.problems[0]?.field)
}

const address = z.union([z.ipv4(), z.ipv6()])

/** `{ ip }` when the remote side is an address; a log may name hosts instead. */
export function ipOf(remote: string): { ip?: string } {
  return address.safeParse(remote).success ? { ip: remote } : {}
}

/**
 * Texts cut to what the contract takes, with `truncated` naming those that were: a request with an over-long
 * address is still a request, and one that probes for overflows is the last that should go uncounted.
 */
export function cutTexts(texts: Readonly<Record<string, readonly [text: string | undefined, lengthMax: number]>>): Record<string, unknown> {
  const data: Record<string, unknown> = {}
  const truncated: string[] = []
  for (const [field, [text, lengthMax]] of Object.entries(texts)) {
    if (text === undefined) continue
    // A cut may halve a surrogate pair.
    data[field] = text.slice(0, lengthMax).toWellFormed()
    if (text.length > lengthMax) truncated.push(field)
  }
  return truncated.length === 0 ? data : { ...data, truncated }
}
