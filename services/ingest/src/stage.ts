import { eventAccepted } from '@ott/contracts/event-accepted'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { defineStage, type Received } from '@ott/pipeline/define-stage'
import type { Sql } from '@ott/postgres/database'
import { admit, type Admission } from './admit.ts'
import { claimEventKeys, claimId, saveIngestRows, type Claims } from './ingest-store.ts'
import { readInbound, type InboundEvent } from './read-inbound.ts'

interface IngestFacts {
  readonly claims: Claims
  readonly ignoredTypesOf: (tenantId: string) => ReadonlySet<string>
}

const none: ReadonlySet<string> = new Set()

/** inbound → accepted: de-duplicated, and kept as it came. */
export function ingestStage(tenants: Pick<TenantDirectory, 'get'>) {
  return defineStage({
    name: 'ingest',
    read: readInbound,
    produces: [eventAccepted],
    async load(batch: readonly Received<InboundEvent>[], sql: Sql): Promise<IngestFacts> {
      const claims = await claimEventKeys(batch, sql)
      const ignored = new Map(batch.map(({ tenantId }) => [tenantId, new Set(tenants.get(tenantId)?.ignoredEventTypes)]))
      return { claims, ignoredTypesOf: (tenantId) => ignored.get(tenantId) ?? none }
    },
    recall({ claims, ignoredTypesOf }: IngestFacts, { record, tenantId, event }): Admission {
      const claim = claims.get(claimId(tenantId, event.eventKey)) ?? { partition: record.partition, offset: record.offset }
      return { claim, ignoredEventTypes: ignoredTypesOf(tenantId) }
    },
    decide: (received, admission: Admission) => admit(received, admission),
    save: saveIngestRows,
  })
}
