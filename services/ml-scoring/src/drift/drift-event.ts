import { modelDriftedType } from '@ott/contracts/viewer-event-types'
import { platformRecord } from '@ott/pipeline/platform-event'
import type { OutboundRecord } from '@ott/pipeline/record'
import type { DriftReport } from './drift-report-store.ts'
import type { UntoldDrift } from './untold-drifts.ts'

/**
 * What the platform says of drifts, as events of the tenant: a rule makes a finding of each, and that an alert. The id names version, measure,
 * feature, day and how bad it is, so that it is taken in once, however often it is told.
 */
export function driftEvents(tenantId: string, { model, version, checkedAt }: Pick<DriftReport, 'model' | 'version' | 'checkedAt'>, drifts: readonly UntoldDrift[]): OutboundRecord[] {
  const time = checkedAt.toISOString()
  return drifts.map(({ feature, observations, measure, value, limit, step }) =>
    platformRecord(tenantId, `${model} ${version} ${measure} ${feature ?? ''} ${time.slice(0, 10)} ${step}`, {
      type: modelDriftedType,
      source: '/ott/ml-scoring',
      subject: `model:${model}`,
      time,
      data: { model, version: String(version), measure, ...(feature === null ? {} : { feature }), value, limit, observations },
    }),
  )
}
