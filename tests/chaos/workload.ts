import type { ViewerEvent } from '@ott/contracts/viewer-event'
import { makeEvents } from '@ott/simulator/make-events'

/** What a run must lead to, whatever is killed on the way. */
export interface ChaosWorkload {
  readonly events: readonly ViewerEvent[]
  /** Each of these shared a history without consent once: one violation each. */
  readonly sharers: readonly string[]
  /** Each of these failed to sign in {@link failuresEach} times: one violation each, and the last count must be exact. */
  readonly attackers: readonly string[]
}

export const failuresEach = 10
const sharers = Array.from({ length: 100 }, (_, i) => `sharer-${i}`)
const attackers = Array.from({ length: 50 }, (_, i) => `attacker-${i}`)

/**
 * Ordinary events with wrongs spread evenly over the whole run, so that every kill falls between two events of some
 * attacker: a count that loses or repeats one then shows.
 */
export function chaosWorkload(count: number, source: string): ChaosWorkload {
  const startsAt = '2026-03-01T12:00:00Z'
  const startsAtMs = Date.parse(startsAt)
  const wrongs: Omit<ViewerEvent, 'time'>[] = []
  for (let round = 0; round < failuresEach; round++) {
    for (const subject of attackers) {
      wrongs.push({ specversion: '1.0', id: `${subject}-${round}`, source, type: 'com.ott.signin.failed.v1', subject, data: { reason: 'bad password', attempts: 1 } })
    }
    for (const subject of sharers.slice(round * 10, round * 10 + 10)) {
      wrongs.push({ specversion: '1.0', id: subject, source, type: 'com.ott.viewing-history.shared.v1', subject, data: { country: 'US', recipient: 'adco' } })
    }
  }
  const ordinary = [...makeEvents({ seed: 'chaos', count: count - wrongs.length, subjects: 3_000, startsAt, intervalMs: 20, source })]
  const every = Math.floor(ordinary.length / wrongs.length)
  const events: ViewerEvent[] = []
  for (const [index, event] of ordinary.entries()) {
    events.push(event)
    const wrong = index % every === every - 1 ? wrongs[Math.floor(index / every)] : undefined
    // All within an hour of event time, the window of the factor.
    if (wrong !== undefined) events.push({ ...wrong, time: new Date(startsAtMs + index * 20).toISOString() })
  }
  return { events, sharers, attackers }
}
