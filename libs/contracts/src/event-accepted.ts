import { z } from 'zod'
import { defineEvent, type EventOf } from './define-event.ts'
import { personal } from './privacy.ts'
import { screening } from './screening.ts'

/** The viewer's event inside the pipeline, as far as all stages rely on it. It was checked in full on receipt. */
export const acceptedViewerEvent = z.looseObject({
  id: z.string(),
  source: z.string(),
  type: z.string(),
  time: z.string(),
  /** Tagged as a whole: which of its fields are personal depends on the type. */
  data: personal('sensitive', z.looseObject({})),
})
export type AcceptedViewerEvent = z.infer<typeof acceptedViewerEvent>

/** A viewer's event that is valid, not seen before and wanted by its tenant. The id is its event key. */
export const eventAccepted = defineEvent({
  type: 'com.ott.event.accepted.v1',
  topic: 'events.accepted.v1',
  owner: 'ingest',
  description: "A viewer's event that is valid, not seen before and wanted by its tenant.",
  data: z.looseObject({
    event: acceptedViewerEvent,
    /** RFC 3339; the broker's timestamp of the record that carried the event in. */
    receivedAt: z.string(),
    screening: screening.optional(),
  }),
})
export type EventAccepted = EventOf<typeof eventAccepted>
