import { alertChanged } from '@ott/contracts/alert-changed'
import { isTraceparent } from '@ott/contracts/traceparent'
import { violationChanged } from '@ott/contracts/violation-changed'
import { violationOpened } from '@ott/contracts/violation-opened'
import { defineStage, readerOfAny, type Received, type SavedRow } from '@ott/pipeline/define-stage'
import type { Sql } from '@ott/postgres/database'
import { alertOfViolation, type AlertRow, type ViolationEvent } from './alerts/alert-of-violation.ts'
import type { AlertingStep } from './alerting-steps.ts'
import type { KeepAlerts } from './alerts/keep-alerts.ts'
import type { ToldAlert } from './alerts/save-alerts.ts'

export interface AlertingStageOptions {
  readonly keep: KeepAlerts
  readonly nowMs: () => number
  /** Where people look at a violation; empty where nobody said. */
  readonly publicUrl: string
  onStep?(step: AlertingStep): void
}

/** violations → alerts, in their groups. Whom they reach is decided later, when a group is due. */
export function alertingStage({ keep, nowMs, publicUrl, onStep }: AlertingStageOptions) {
  return defineStage({
    name: 'alerting',
    read: readerOfAny([violationOpened, violationChanged]),
    produces: [alertChanged],
    load: async (_batch: readonly Received<ViolationEvent>[], _sql: Sql) => undefined,
    recall: () => undefined,
    decide: (received: Received<ViolationEvent>) => alertOfViolation(received),
    save: async (rows, sql: Sql) => {
      onStep?.('received')
      const news = rows.flatMap(({ received, row }) => row.news.map((item) => ({ ...item, tenantId: received.tenantId, lane: row.violationId, traceparent: traceOf(received) })))
      await keep(latestOfEach(rows).map((saved) => toldOf(saved, publicUrl)), news, sql, nowMs())
    },
  })
}

/** A statement takes each alert once: of several changes in a batch the last counts. */
function latestOfEach(rows: readonly SavedRow<ViolationEvent, AlertRow>[]): SavedRow<ViolationEvent, AlertRow>[] {
  const latest = new Map<string, SavedRow<ViolationEvent, AlertRow>>()
  for (const saved of rows) {
    const key = `${saved.received.tenantId} ${saved.row.id}`
    const known = latest.get(key)
    if (known === undefined || saved.row.violationVersion >= known.row.violationVersion) latest.set(key, saved)
  }
  return [...latest.values()]
}

function toldOf({ received, row: { news: _news, ...row } }: SavedRow<ViolationEvent, AlertRow>, publicUrl: string): ToldAlert {
  const generatorUrl = publicUrl === '' ? '' : `${publicUrl}/v1/violations/${row.violationId}`
  return { ...row, tenantId: received.tenantId, source: 'violation', generatorUrl, traceparent: traceOf(received) }
}

/** Headers are the producers' own: only what names a trace is kept. */
function traceOf({ traceparent }: Received<ViolationEvent>): string | undefined {
  return isTraceparent(traceparent) ? traceparent : undefined
}

