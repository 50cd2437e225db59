import { derivedId } from '@ott/contracts/derived-id'
import { seriesAnomalousType } from '@ott/contracts/viewer-event-types'
import { platformRecord } from '@ott/pipeline/platform-event'
import type { OutboundRecord } from '@ott/pipeline/record'
import type { Anomaly } from './anomaly-course.ts'
import { hourMs } from './series-tally.ts'

/**
 * What says that a series is unlike itself: an event of the tenant's own, judged by rules like any other. It names series and first hour:
 * however often it is told, it is taken in once. Its time is the end of the hour in which it was sure.
 *
 * @param opened as the anomaly was when it opened
 */
export function anomalyRecord(tenantId: string, series: string, { startHour, lastHour, peak }: Anomaly): OutboundRecord {
  return platformRecord(tenantId, nameOf(series, startHour), {
    type: seriesAnomalousType,
    source: '/ott/ml-scoring',
    subject: series,
    time: timeOf(lastHour + 1),
    data: {
      ...{ series, since: timeOf(startHour), hours: lastHour - startHour + 1, count: peak.count, expected: peak.expected, direction: peak.direction },
      ...{ likelihood: peak.likelihood, model: peak.model },
    },
  })
}

/** The id of the event that tells of it. */
export function anomalyEventId(tenantId: string, series: string, startHour: number): string {
  return derivedId(tenantId, seriesAnomalousType, nameOf(series, startHour))
}

function nameOf(series: string, startHour: number): string {
  return `${series} ${timeOf(startHour)}`
}

function timeOf(hour: number): string {
  return new Date(hour * hourMs).toISOString()
}
