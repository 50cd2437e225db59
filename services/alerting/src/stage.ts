import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { alertChanged } from '@ott/contracts/alert-changed'
import { violationOpened, type ViolationOpened } from '@ott/contracts/violation-opened'
import { defineStage, readerOf, type Received } from '@ott/pipeline/define-stage'
import type { Sql } from '@ott/postgres/database'
import { saveAlerts } from './alert-store.ts'
import { raiseAlert } from './raise-alert.ts'

/** violations → alerts. */
export function alertingStage(tenants: Pick<TenantDirectory, 'get'>, nowMs: () => number) {
  return defineStage({
    name: 'alerting',
    read: readerOf(violationOpened),
    produces: [alertChanged],
    load: async (batch: readonly Received<ViolationOpened>[], _sql: Sql) =>
      new Set(batch.map(({ tenantId }) => tenantId).filter((tenantId) => tenants.get(tenantId)?.webhook !== undefined)),
    recall: (routed: ReadonlySet<string>, { tenantId }) => routed.has(tenantId),
    decide: (received: Received<ViolationOpened>, hasReceiver: boolean) => raiseAlert(received, hasReceiver),
    save: (rows, sql: Sql) => saveAlerts(rows, sql, nowMs()),
  })
}
