import { buildEvent, recordKeyOf } from '@ott/contracts/define-event'
import { derivedId } from '@ott/contracts/derived-id'
import { modelConfigured, servedModelStatuses, type ModelName, type ServedVersion } from '@ott/contracts/model-configured'
import { sleep } from '@ott/pipeline/back-off'
import type { Bus } from '@ott/pipeline/bus'
import type { OutboundRecord } from '@ott/pipeline/record'
import type { Database } from '@ott/postgres/database'
import { readServed } from './model-store.ts'
import type { ModelVersion } from './model-version.ts'

export interface ModelAnnouncerOptions {
  readonly database: Database
  readonly bus: Bus
  tenants(): readonly string[]
  /** How often it is looked for what was kept and not told, in ms: after a crash in between, or while the broker was away. */
  readonly intervalMs: number
  onFault(error: unknown): void
}

export interface ModelAnnouncer {
  /** Tells every process of a tenant's models that changed. Waits some seconds at most; what fails or takes longer is told later. */
  announce(tenantId: string): Promise<void>
  stop(): Promise<void>
}

const tenantsAtOnce = 200
const waitMsMax = 3_000

interface Row {
  readonly model: ModelName
  readonly sequence: string
}

/**
 * Tells of models from the database, which remembers what was told: a crash between the two repeats and loses nothing. A model's row is held
 * while it is told of, so that members never tell of one in the wrong order.
 */
export async function startModelAnnouncer({ database, bus, tenants, intervalMs, onFault }: ModelAnnouncerOptions): Promise<ModelAnnouncer> {
  const stopping = new AbortController()
  const [end = 0n] = await bus.endOffsets(modelConfigured.topic)
  // A topic that is new knows nothing of what was told to one before it.
  let everything = end === 0n

  const announce = (tenantId: string, all = false) =>
    database.transaction([tenantId], async (sql) => {
      const rows = await sql.query<Row>(
        `select model, sequence from ml_scoring.models where tenant_id = $1 and sequence > 0 and (not announced or $2) order by model for update`,
        [tenantId, all],
      )
      if (rows.length === 0) return
      const records: OutboundRecord[] = []
      for (const row of rows) records.push(recordOf(tenantId, row, await readServed(sql, tenantId, row.model)))
      await bus.publish(records)
      await sql.query('update ml_scoring.models set announced = true where tenant_id = $1 and model = any($2::text[])', [tenantId, rows.map(({ model }) => model)])
    })

  const announceAll = async () => {
    const all = tenants()
    for (let from = 0; from < all.length && !stopping.signal.aborted; from += tenantsAtOnce) {
      const waiting = await database.transaction(all.slice(from, from + tenantsAtOnce), (sql) =>
        sql.query<{ tenant_id: string }>('select distinct tenant_id from ml_scoring.models where sequence > 0 and (not announced or $1)', [everything]),
      )
      for (const { tenant_id } of waiting) await announce(tenant_id, everything)
    }
    everything = false
  }

  const loop = async () => {
    while (!stopping.signal.aborted) {
      await announceAll().catch(onFault)
      await sleep(intervalMs, stopping.signal)
    }
  }
  const running = loop()
  return {
    announce: (tenantId) => Promise.race([announce(tenantId).catch(onFault), sleep(waitMsMax, stopping.signal)]),
    async stop() {
      stopping.abort()
      await running
    },
  }
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
