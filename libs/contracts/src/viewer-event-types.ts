import type { z } from 'zod'
import { accountEvents } from './account-events.ts'
import { dataEvents } from './data-events.ts'
import { operationEvents } from './operation-events.ts'
import { viewingEvents } from './viewing-events.ts'

/**
 * The kinds of events a streaming company reports about a viewer. The catalogue is closed: a `type` that is not
 * here is refused by name, since it is more often a typing error than a new kind. `docs/add-an-event-type.md` says how to add one.
 */
export const viewerEventTypes = { ...viewingEvents, ...accountEvents, ...dataEvents, ...operationEvents } as const satisfies Record<string, z.ZodType>

export type ViewerEventType = keyof typeof viewerEventTypes

export function isViewerEventType(type: string): type is ViewerEventType {
  return Object.hasOwn(viewerEventTypes, type)
}

/** What the platform itself sends when a period that it watches has ended. */
export const deadlinePassedType: ViewerEventType = 'com.ott.deadline.passed.v1'

/** What the platform itself sends when a model has drifted. */
export const modelDriftedType: ViewerEventType = 'com.ott.model.drifted.v1'

/** What the platform itself sends when a series of counts is unlike itself. */
export const seriesAnomalousType: ViewerEventType = 'com.ott.series.anomalous.v1'
