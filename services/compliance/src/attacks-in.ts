import { classesOf, screenEvent } from '@ott/screening/screen-event'

/** Classes of attack that an event carries. Screening reads the event alone: done again, it finds what ingest found. */
export function attacksIn(event: Readonly<Record<string, unknown>>): string[] {
  return classesOf(screenEvent(event))
}
