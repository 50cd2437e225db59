import { alertChanged } from '@ott/contracts/alert-changed'
import { eventAccepted } from '@ott/contracts/event-accepted'
import { eventScored } from '@ott/contracts/event-scored'
import { violationOpened } from '@ott/contracts/violation-opened'
import { Problem } from '@ott/http/problem'

/** Short names a client may ask for, and their topics. */
export const channels: Readonly<Record<string, string>> = {
  accepted: eventAccepted.topic,
  scored: eventScored.topic,
  violations: violationOpened.topic,
  alerts: alertChanged.topic,
}

/** Always read: little passes through them. */
export const seldomTopics: readonly string[] = [violationOpened.topic, alertChanged.topic]
/** Every event passes through these: they are read only while somebody wants to see them. */
export const everyEventTopics: readonly string[] = [eventAccepted.topic, eventScored.topic]

export interface WantedChannels {
  /** Empty for all. */
  readonly topics: ReadonlySet<string>
  readonly everyEvent: boolean
}

/** Reads `?channels=violations,alerts`; without it, all. Throws a Problem that names the parameter. */
export function readChannels(asked: string | null | undefined): WantedChannels {
  const names = (asked ?? '').split(',').filter((name) => name !== '')
  if (names.some((name) => !Object.hasOwn(channels, name))) {
    throw new Problem(400, 'invalid-request', `channels: must be among ${Object.keys(channels).join(', ')}`)
  }
  const topics = new Set(names.map((name) => channels[name] ?? ''))
  return { topics, everyEvent: topics.size === 0 || everyEventTopics.some((topic) => topics.has(topic)) }
}
