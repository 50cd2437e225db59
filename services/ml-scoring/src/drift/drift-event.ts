import { modelDriftedType } from '@ott/contracts/viewer-event-types'
import { platformRecord } from '@ott/pipeline/platform-event'
import type { OutboundRecord } from '@ott/pipeline/record'
import type { DriftReport } from './judge-drift.ts'

/**
 * What the platform says of a drift, as events of the tenant: a rule makes a finding of each, and that an alert. The id names version, measure,
 * feature and day, so that it is taken in once, however often it is told.
 */
export function driftEvents(tenantId: string, { model, version, day, checkedAt, columns }: DriftReport): OutboundRecord[] {
  return columns.flatMap(({ feature, observations, drifts }) =>
    drifts.map(({ measure, value, limit }) =>
      platformRecord(tenantId, `${model} ${version} ${measure} ${feature ?? ''} ${day}`, {
        type: modelDriftedType,
        source: '/ott/ml-scoring',
        subject: `model:${model}`,
        time: checkedAt,
        data: { model, version: String(version), measure, ...(feature === null ? {} : { feature }), value, limit, observations },
      }),
    ),
  )
}
