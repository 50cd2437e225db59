import { expect } from '@jest/globals'
import type { InboundRecord } from '../record.ts'
import { publishedIn, type Published } from './sample-events.ts'

/** The first record of each id, in the order of the topic. Fails when a later one with the same id has other bytes. */
export function withoutRepeats(records: readonly InboundRecord[]): { events: Published[]; repeats: number } {
  const bytes = new Map<string, string>()
  const events: Published[] = []
  for (const record of records) {
    const published = publishedIn(record)
    const before = bytes.get(published.id)
    if (before === undefined) {
      bytes.set(published.id, String(record.value))
      events.push(published)
    } else if (before !== String(record.value)) {
      expect({ repeated: published.id, bytes: String(record.value) }).toEqual({ repeated: published.id, bytes: before })
    }
  }
  return { events, repeats: records.length - events.length }
}

/** Events by the key they were published under, in order. */
export function byKey(events: readonly Published[]): Map<string, Published[]> {
  const keys = new Map<string, Published[]>()
  for (const event of events) {
    const held = keys.get(event.key)
    if (held === undefined) keys.set(event.key, [event])
    else held.push(event)
  }
  return keys
}

/** Every subject's events 1…to are there once, in order, numbered as they came: nothing missing, double or swapped. */
export function expectExact(events: readonly Published[], subjects: number, to: number, prefix = 'viewer'): void {
  const keys = byKey(events)
  const wanted = Array.from({ length: to }, (_, index) => `${index + 1}:${index + 1}`).join(' ')
  const wrong: string[] = []
  for (let s = 0; s < subjects; s++) {
    const key = `acme:${prefix}-${s}`
    const got = (keys.get(key) ?? []).map(({ n, number }) => `${n}:${number}`).join(' ')
    if (got !== wanted) wrong.push(`${key} → ${got}`)
  }
  expect(wrong.slice(0, 3)).toEqual([])
  expect(events.length).toBe(subjects * to)
}
