import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { eventScored, type EventScored } from '@ott/contracts/event-scored'
import { violationOpened } from '@ott/contracts/violation-opened'
import { defineStage, readerOf, type Received } from '@ott/pipeline/define-stage'
import type { Sql } from '@ott/postgres/database'
import type { Sealer } from './decision-log/sealer.ts'
import { judgeViolations, type ViewerCase } from './judge-violations.ts'
import { saveViolationRows } from './save-violations.ts'
import { loadViewerCases, recallViewerCase, rememberViewerCase } from './viewer-cases.ts'

/** Used while a tenant's configuration hasn't arrived yet. */
const fallbackRiskThreshold = 0.7

/**
 * scored → processed, and violations.
 * @param admit throws while the decision log is too far behind to take more of these tenants
 */
export function violationStage(tenants: Pick<TenantDirectory, 'get'>, nowMs: () => number, admit: Sealer['admit'] = () => undefined) {
  const riskThresholdOf = (tenantId: string) => tenants.get(tenantId)?.riskThreshold ?? fallbackRiskThreshold
  return defineStage({
    name: 'violation',
    read: readerOf(eventScored),
    produces: [violationOpened],
    load(batch: readonly Received<EventScored>[], sql: Sql) {
      admit(new Set(batch.map(({ tenantId }) => tenantId)))
      return loadViewerCases(batch, sql, riskThresholdOf)
    },
    recall: recallViewerCase,
    decide: (received: Received<EventScored>, known: ViewerCase) => judgeViolations(received, known),
    remember: rememberViewerCase,
    save: (rows, sql: Sql) => saveViolationRows(rows, sql, nowMs()),
  })
}
