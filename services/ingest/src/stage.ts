import { eventAccepted } from '@ott/contracts/event-accepted'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { defineStage, type Received } from '@ott/pipeline/define-stage'
import type { Sql } from '@ott/postgres/database'
import { rememberingScreen } from '@ott/screening/remembering-screen'
import { admit, isBlocked, type Admission, type AdmissionRules } from './admit.ts'
import { claimEventKeys, claimId, findClaims, saveIngestRows, type Claims } from './ingest-store.ts'
import { readInbound, type InboundEvent } from './read-inbound.ts'
import type { ScreeningCounter } from './screening-metrics.ts'

interface IngestFacts {
  readonly claims: Claims
  readonly rulesOf: (tenantId: string) => AdmissionRules
}

const letsAllIn: AdmissionRules = { ignoredEventTypes: new Set(), blocksAttacks: false }

/** inbound → accepted: de-duplicated, screened for attacks, and kept as it came. */
export function ingestStage(tenants: Pick<TenantDirectory, 'get'>, screened: ScreeningCounter) {
  const screen = rememberingScreen()
  return defineStage({
    name: 'ingest',
    read: (record) => readInbound(record, screen),
    produces: [eventAccepted],
    async load(batch: readonly Received<InboundEvent>[], sql: Sql): Promise<IngestFacts> {
      const rules = new Map(batch.map(({ tenantId }) => [tenantId, rulesIn(tenants, tenantId)]))
      const rulesOf = (tenantId: string) => rules.get(tenantId) ?? letsAllIn
      const wanted: Received<InboundEvent>[] = []
      const blocked: Received<InboundEvent>[] = []
      for (const received of batch) (isBlocked(received.event, rulesOf(received.tenantId)) ? blocked : wanted).push(received)
      const claims = new Map([...(wanted.length > 0 ? await claimEventKeys(wanted, sql) : []), ...(blocked.length > 0 ? await findClaims(blocked, sql) : [])])
      return { claims, rulesOf }
    },
    recall({ claims, rulesOf }: IngestFacts, { record, tenantId, event }): Admission {
      const rules = rulesOf(tenantId)
      const held = claims.get(claimId(tenantId, event.eventKey))
      return { ...rules, claim: held ?? (isBlocked(event, rules) ? undefined : { partition: record.partition, offset: record.offset }) }
    },
    decide: (received, admission: Admission) => admit(received, admission),
    async save(rows, sql: Sql) {
      await saveIngestRows(rows, sql)
      for (const { received, row } of rows) if (row.table === 'attack_findings') screened(received.tenantId, row.screening.classes, row.action)
    },
  })
}

function rulesIn(tenants: Pick<TenantDirectory, 'get'>, tenantId: string): AdmissionRules {
  const tenant = tenants.get(tenantId)
  return { ignoredEventTypes: new Set(tenant?.ignoredEventTypes), blocksAttacks: tenant?.screening === 'block' }
}
