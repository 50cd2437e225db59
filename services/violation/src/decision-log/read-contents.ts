import type { Sql } from '@ott/postgres/database'
import { digestOf, eventContent, type EvidenceGiven } from './decision-content.ts'

/** What the digest of an entry is of, as the tables have it now. */
export interface StoredContent {
  readonly content: string
  readonly batchId: string | null
}

interface EventRow {
  event_key: string
  event_id: string
  source: string
  subject: string
  type: string
  event_ms: string
  received_ms: string
  processed_ms: string
  timeline: string
  rule_set_version: string
  findings: string
  risk: string
  salt: string | null
  decision_batch: string | null
  evidence: [string, string, string][] | null
}

const epochMs = (column: string) => `(extract(epoch from ${column}) * 1000)::text`

/** Contents of a tenant's processed events, by key. */
export async function readEventContents(sql: Sql, tenantId: string, keys: readonly string[]): Promise<Map<string, StoredContent>> {
  if (keys.length === 0) return new Map()
  const rows = await sql.query<EventRow>(
    `select replace(p.event_key::text, '-', '') as event_key, p.event_id, p.source, p.subject, p.type,
       ${epochMs('p.event_time')} as event_ms, ${epochMs('p.received_at')} as received_ms, ${epochMs('p.processed_at')} as processed_ms,
       p.timeline, p.rule_set_version, p.findings::text, p.risk::text, encode(p.salt, 'hex') as salt, p.decision_batch, e.evidence
     from violation.processed_events p
     left join (
       select event_key, json_agg(json_build_array(rule, violation_id, found::text)) as evidence
       from violation.evidence where tenant_id = $1 and event_key = any($2::uuid[]) group by event_key
     ) e on e.event_key = p.event_key
     where p.tenant_id = $1 and p.event_key = any($2::uuid[])`,
    [tenantId, keys],
  )
  return new Map(rows.map((row) => [row.event_key, { content: contentOf(row), batchId: row.decision_batch }]))
}

function contentOf(row: EventRow): string {
  return eventContent({
    eventKey: row.event_key,
    eventId: row.event_id,
    source: row.source,
    subject: row.subject,
    type: row.type,
    eventTime: timeOf(row.event_ms),
    receivedAt: timeOf(row.received_ms),
    processedAt: timeOf(row.processed_ms),
    timeline: row.timeline,
    ruleSetVersion: row.rule_set_version,
    findings: row.findings,
    risk: row.risk,
    evidence: (row.evidence ?? []).map(([rule, violationId, found]): EvidenceGiven => ({ rule, violationId, found })),
    salt: row.salt ?? '',
  })
}

/** Of ms since the epoch. One that isn't a whole number was never written, and stays as it is. */
function timeOf(ms: string): string {
  const number = Number(ms)
  return Number.isInteger(number) && Math.abs(number) <= 8.64e15 ? new Date(number).toISOString() : ms
}

/** Contents of changes, by id. Where the columns beside it say something else than the content, it is none. */
export async function readChangeContents(sql: Sql, tenantId: string, ids: readonly string[]): Promise<Map<string, StoredContent>> {
  if (ids.length === 0) return new Map()
  const rows = await sql.query<{ id: string; kind: string; subject: string | null; content: string; erased: string[] | null; decision_batch: string }>(
    `select replace(id::text, '-', '') as id, kind, subject, content, erased_keys::text[] as erased, decision_batch
     from violation.decision_changes where tenant_id = $1 and id = any($2::uuid[])`,
    [tenantId, ids],
  )
  const agrees = ({ id, kind, subject, content, erased }: (typeof rows)[number]) => {
    const said = parsed(content)
    return said['kind'] === kind && said['subject'] === subject && said['id']?.replaceAll('-', '') === id && (kind === 'erasure' ? said['keys'] : '') === (erased ?? []).map((key) => key.replaceAll('-', '')).join(' ')
  }
  return new Map(rows.map((row) => [row.id, { content: agrees(row) ? row.content : '', batchId: row.decision_batch }]))
}

function parsed(content: string): Record<string, string | undefined> {
  try {
    return JSON.parse(content) as Record<string, string>
  } catch {
    return {}
  }
}

/** Which of these keys an erasure names that is itself in the log. */
export async function readErased(sql: Sql, tenantId: string, keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set()
  const rows = await sql.query<{ id: string; content: string; digest: string | null; erased: string[] }>(
    `select replace(c.id::text, '-', '') as id, c.content, c.erased_keys::text[] as erased,
       encode(substring(b.digests from (array_position(b.keys, c.id) - 1) * 32 + 1 for 32), 'hex') as digest
     from violation.decision_changes c
       join violation.decision_batches b on b.tenant_id = c.tenant_id and b.id = c.decision_batch
     where c.tenant_id = $1 and c.erased_keys && $2::uuid[]
       and (exists (select from violation.decision_links l where l.tenant_id = c.tenant_id and l.batch_id = b.id)
         or exists (select from violation.decision_pending w where w.tenant_id = c.tenant_id and w.batch_id = b.id))`,
    [tenantId, keys],
  )
  const held = rows.filter(({ content, digest }) => digestOf(content) === digest && parsed(content)['kind'] === 'erasure')
  return new Set(held.flatMap(({ content }) => (parsed(content)['keys'] ?? '').split(' ')))
}
