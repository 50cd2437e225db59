import { buildEvent, recordKeyOf } from '@ott/contracts/define-event'
import { derivedId } from '@ott/contracts/derived-id'
import { modelConfigured, servedModelStatuses, type ModelName, type ServedVersion } from '@ott/contracts/model-configured'
import { announceConfiguration, type AnnounceConfigurationOptions, type ConfigurationAnnouncer } from '@ott/pipeline/announce-configuration'
import type { Bus } from '@ott/pipeline/bus'
import type { OutboundRecord } from '@ott/pipeline/record'
import type { Database } from '@ott/postgres/database'
import { readServed } from './model-store.ts'
import type { ModelVersion } from './model-version.ts'

interface Row {
  readonly model: ModelName
  readonly sequence: string
}

export interface ModelAnnouncerOptions extends Pick<AnnounceConfigurationOptions, 'tenants' | 'intervalMs' | 'onFault'> {
  readonly database: Database
  readonly bus: Bus
}

/** Tells of models. A model's row is held while it is told of, so that members never tell of one in the wrong order. */
export function startModelAnnouncer({ database, bus, ...options }: ModelAnnouncerOptions): Promise<ConfigurationAnnouncer> {
  return announceConfiguration({
    ...options,
    bus,
    topic: modelConfigured.topic,
    async untold(tenants, everything) {
      const waiting = await database.transaction(tenants, (sql) =>
        sql.query<{ tenant_id: string }>('select distinct tenant_id from ml_scoring.models where sequence > 0 and (not announced or $1)', [everything]),
      )
      return waiting.map(({ tenant_id }) => tenant_id)
    },
    tell: (tenantId, everything) =>
      database.transaction([tenantId], async (sql) => {
        const rows = await sql.query<Row>(
          `select model, sequence from ml_scoring.models where tenant_id = $1 and sequence > 0 and (not announced or $2) order by model for update`,
          [tenantId, everything],
        )
        if (rows.length === 0) return
        const records: OutboundRecord[] = []
        for (const row of rows) records.push(recordOf(tenantId, row, await readServed(sql, tenantId, row.model)))
        await bus.publish(records)
        await sql.query('update ml_scoring.models set announced = true where tenant_id = $1 and model = any($2::text[])', [tenantId, rows.map(({ model }) => model)])
      }),
  })
}

function recordOf(tenantId: string, { model, sequence }: Row, served: readonly ModelVersion[]): OutboundRecord {
  const data = { tenantId, model, sequence: Number(sequence), served: served.map(servedOf) }
  const changedAtMs = Math.max(0, ...served.map(({ changedAt }) => changedAt.getTime()))
  const event = buildEvent(modelConfigured, {
    id: derivedId(tenantId, modelConfigured.topic, `${model}/${sequence}`),
    subject: model,
    time: new Date(changedAtMs).toISOString(),
    tenantid: tenantId,
    data,
  })
  return { topic: modelConfigured.topic, key: recordKeyOf(event), value: JSON.stringify(event), headers: {} }
}

function servedOf({ version, status, kind, sha256, sizeBytes, metadata, training }: ModelVersion): ServedVersion {
  const served = servedModelStatuses.find((each) => each === status)
  if (served === undefined) throw new Error(`a version that is ${status} is not served`)
  return { version, status: served, kind, sha256, sizeBytes, metadata: { ...metadata }, metrics: training.metrics }
}
