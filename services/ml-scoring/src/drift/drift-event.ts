import { derivedId } from '@ott/contracts/derived-id'
import { recordKeyOf } from '@ott/contracts/define-event'
import { inboundTopicOf } from '@ott/contracts/topics'
import { modelDriftedType } from '@ott/contracts/viewer-event-types'
import type { OutboundRecord } from '@ott/pipeline/record'
import type { DriftReport } from './judge-drift.ts'

/**
 * What the platform says of a drift, as events of the tenant that walk through the pipeline like any other: a rule makes a finding of each, and
 * that an alert. The id names version, measure, feature and day, so that it is taken in once, however often it is told.
 */
export function driftEvents(tenantId: string, { model, version, day, checkedAt, columns }: DriftReport): OutboundRecord[] {
  const subject = `model:${model}`
  return columns.flatMap(({ feature, observations, drifts }) =>
    drifts.map(({ measure, value, limit }): OutboundRecord => {
      const event = {
        specversion: '1.0',
        id: derivedId(tenantId, modelDriftedType, `${model} ${version} ${measure} ${feature ?? ''} ${day}`),
        source: '/ott/ml-scoring',
        type: modelDriftedType,
        subject,
        time: checkedAt,
        datacontenttype: 'application/json',
        data: { model, version: String(version), measure, ...(feature === null ? {} : { feature }), value, limit, observations },
      }
      return {
        topic: inboundTopicOf(tenantId),
        key: recordKeyOf({ tenantid: tenantId, subject }),
        value: JSON.stringify(event),
        headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
      }
    }),
  )
}
