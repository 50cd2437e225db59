import { buildEvent, recordKeyOf } from '@ott/contracts/define-event'
import { derivedId } from '@ott/contracts/derived-id'
import { ruleSetConfigured, type RuleSetConfiguration } from '@ott/contracts/rule-set-configured'
import { announceConfiguration, type AnnounceConfigurationOptions, type ConfigurationAnnouncer } from '@ott/pipeline/announce-configuration'
import type { Bus } from '@ott/pipeline/bus'
import type { OutboundRecord } from '@ott/pipeline/record'
import type { Database } from '@ott/postgres/database'
import { ruleSetColumns, ruleSetOfRow, type TenantRuleSet } from './tenant-rule-set-store.ts'

export interface AnnouncerOptions extends Pick<AnnounceConfigurationOptions, 'tenants' | 'intervalMs' | 'onFault'> {
  readonly database: Database
  readonly bus: Bus
}

/** Tells of rule sets. The tenant's sequence is held while it is told, so that members never tell of one rule set in the wrong order. */
export function startAnnouncer({ database, bus, ...options }: AnnouncerOptions): Promise<ConfigurationAnnouncer> {
  return announceConfiguration({
    ...options,
    bus,
    topic: ruleSetConfigured.topic,
    async untold(tenants, everything) {
      const waiting = await database.transaction(tenants, (sql) =>
        sql.query<{ tenant_id: string }>(`select distinct tenant_id from compliance.tenant_rule_sets where not announced or ($1 and status in ('shadow', 'published'))`, [everything]),
      )
      return waiting.map(({ tenant_id }) => tenant_id)
    },
    tell: (tenantId, everything) =>
      database.transaction([tenantId], async (sql) => {
        await sql.query('select from compliance.rule_set_sequences where tenant_id = $1 for update', [tenantId])
        const rows = await sql.query<Parameters<typeof ruleSetOfRow>[0]>(
          `select ${ruleSetColumns} from compliance.tenant_rule_sets where tenant_id = $1 and (not announced or ($2 and status in ('shadow', 'published'))) order by sequence`,
          [tenantId, everything],
        )
        if (rows.length === 0) return
        await bus.publish(rows.map(ruleSetOfRow).map((ruleSet) => recordOf(tenantId, ruleSet)))
        await sql.query('update compliance.tenant_rule_sets set announced = true where tenant_id = $1 and id = any($2::uuid[])', [tenantId, rows.map(({ id }) => id)])
      }),
  })
}

function recordOf(tenantId: string, { id, number, name, status, sequence, version, definition, changedAt, retiredAt, publishedAt, shadowedAt }: TenantRuleSet): OutboundRecord {
  if (status === 'draft') throw new Error('a draft is told to nobody')
  const data: RuleSetConfiguration = { tenantId, ruleSetId: id, number, name, status, sequence, version: version ?? '', ...(status === 'retired' ? {} : { definition: { ...definition } }) }
  const at = { shadow: shadowedAt, published: publishedAt, retired: retiredAt }[status] ?? changedAt
  const event = buildEvent(ruleSetConfigured, { id: derivedId(tenantId, ruleSetConfigured.topic, `${id}/${sequence}`), subject: id, time: at.toISOString(), tenantid: tenantId, data })
  return { topic: ruleSetConfigured.topic, key: recordKeyOf(event), value: JSON.stringify(event), headers: {} }
}
