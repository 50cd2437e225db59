import { buildEvent, recordKeyOf } from '@ott/contracts/define-event'
import { derivedId } from '@ott/contracts/derived-id'
import { ruleSetConfigured, type RuleSetConfiguration } from '@ott/contracts/rule-set-configured'
import { sleep } from '@ott/pipeline/back-off'
import type { Bus } from '@ott/pipeline/bus'
import type { OutboundRecord } from '@ott/pipeline/record'
import type { Database } from '@ott/postgres/database'
import { ruleSetColumns, ruleSetOfRow, type TenantRuleSet } from './tenant-rule-set-store.ts'

export interface AnnouncerOptions {
  readonly database: Database
  readonly bus: Bus
  tenants(): readonly string[]
  /** How often it is looked for what was kept and not told, in ms: after a crash in between, or while the broker was away. */
  readonly intervalMs: number
  onFault(error: unknown): void
}

export interface Announcer {
  /** Tells every process of a tenant's rule sets that changed. Waits some seconds at most; what fails or takes longer is told later. */
  announce(tenantId: string): Promise<void>
  stop(): Promise<void>
}

const tenantsAtOnce = 200
const waitMsMax = 3_000

/**
 * Tells of rule sets from the database, which remembers what was told: a crash between the two repeats and loses nothing. The tenant's
 * sequence is held while it is told, so that members never tell of one rule set in the wrong order.
 */
export async function startAnnouncer({ database, bus, tenants, intervalMs, onFault }: AnnouncerOptions): Promise<Announcer> {
  const stopping = new AbortController()
  const [end = 0n] = await bus.endOffsets(ruleSetConfigured.topic)
  // A topic that is new knows nothing of what was told to one before it.
  let everything = end === 0n

  const announce = (tenantId: string, all = false) =>
    database.transaction([tenantId], async (sql) => {
      await sql.query('select from compliance.rule_set_sequences where tenant_id = $1 for update', [tenantId])
      const rows = await sql.query<Parameters<typeof ruleSetOfRow>[0]>(
        `select ${ruleSetColumns} from compliance.tenant_rule_sets where tenant_id = $1 and (not announced or ($2 and status in ('shadow', 'published'))) order by sequence`,
        [tenantId, all],
      )
      if (rows.length === 0) return
      await bus.publish(rows.map(ruleSetOfRow).map((ruleSet) => recordOf(tenantId, ruleSet)))
      await sql.query('update compliance.tenant_rule_sets set announced = true where tenant_id = $1 and id = any($2::uuid[])', [tenantId, rows.map(({ id }) => id)])
    })

  const announceAll = async () => {
    const all = tenants()
    for (let from = 0; from < all.length && !stopping.signal.aborted; from += tenantsAtOnce) {
      const some = all.slice(from, from + tenantsAtOnce)
      const waiting = await database.transaction(some, (sql) =>
        sql.query<{ tenant_id: string }>(`select distinct tenant_id from compliance.tenant_rule_sets where not announced or ($1 and status in ('shadow', 'published'))`, [everything]),
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

function recordOf(tenantId: string, { id, number, name, status, sequence, version, definition, changedAt, retiredAt, publishedAt, shadowedAt }: TenantRuleSet): OutboundRecord {
  if (status === 'draft') throw new Error('a draft is told to nobody')
  const data: RuleSetConfiguration = { tenantId, ruleSetId: id, number, name, status, sequence, version: version ?? '', ...(status === 'retired' ? {} : { definition: { ...definition } }) }
  const at = { shadow: shadowedAt, published: publishedAt, retired: retiredAt }[status] ?? changedAt
  const event = buildEvent(ruleSetConfigured, { id: derivedId(tenantId, ruleSetConfigured.topic, `${id}/${sequence}`), subject: id, time: at.toISOString(), tenantid: tenantId, data })
  return { topic: ruleSetConfigured.topic, key: recordKeyOf(event), value: JSON.stringify(event), headers: {} }
}
