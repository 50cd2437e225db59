import type { AlertingConfiguration } from '@ott/alert-routing/configuration'
import { readConfiguration } from '@ott/alert-routing/read-configuration'
import { Problem } from '@ott/http/problem'
import type { Database, Sql } from '@ott/postgres/database'
import { alertOf, type AlertColumns } from '../alerts/save-alerts.ts'
import { assignGroups } from '../groups/assign-groups.ts'
import { readCurrent, saveConfiguration, type ConfigurationItem } from './configuration-store.ts'

export interface PutRequest {
  readonly text: string
  readonly by: string
  /** The version it is meant to replace; undefined: whichever. */
  readonly expected: number | undefined
}

/**
 * Takes a tenant's configuration, after it was checked, and puts the alerts that fire into its groups, all in one transaction. Groups that go on keep
 * what they told; those that end still hear of the end of what they were told.
 * Throws a Problem: 400 with line and column of everything that is wrong, 412 when another is in force by now.
 */
export async function putConfiguration(database: Database, tenantId: string, { text, by, expected }: PutRequest, nowMs: number): Promise<ConfigurationItem> {
  const read = readConfiguration(text)
  if (!read.ok) throw unreadable(read.problems)
  return database.transaction([tenantId], async (sql) => {
    const version = await saveConfiguration(sql, { tenantId, text, by, replaces: expected, nowMs })
    if (version === undefined) throw new Problem(412, 'precondition-failed', 'another configuration is in force by now')
    await regroup(sql, tenantId, read.configuration, nowMs)
    const kept = await readCurrent(sql, tenantId)
    if (kept === undefined) throw new Error('the configuration that was just kept is gone')
    return kept
  })
}

function unreadable(problems: readonly { line: number; column: number; message: string }[]): Problem {
  const errors = problems.map(({ line, column, message }) => ({ field: `${line}:${column}`, problem: message, line, column }))
  const [first] = problems
  const detail = first === undefined ? 'the configuration can not be read' : `line ${first.line}, column ${first.column}: ${first.message}`
  return new Problem(400, 'invalid-request', detail, { errors })
}

/** Alerts are read in pages, so that however many fire, few are in memory. */
const pageRows = 2_000

async function regroup(sql: Sql, tenantId: string, configuration: AlertingConfiguration, nowMs: number): Promise<void> {
  for (let after = ''; ; ) {
    const rows = await sql.query<AlertColumns>(
      `select id, labels, annotations, starts_at, ends_at, acknowledged_at from alerting.alerts
       where tenant_id = $1 and id > $2 and status <> 'resolved' and (ends_at is null or ends_at > $3) order by id limit $4`,
      [tenantId, after, new Date(nowMs), pageRows],
    )
    assignGroups(rows.map((row) => ({ tenantId, alert: alertOf(row, nowMs), configuration, waitsFromNow: false })), sql, nowMs)
    const last = rows.at(-1)
    if (last === undefined || rows.length < pageRows) return
    after = last.id
  }
}
