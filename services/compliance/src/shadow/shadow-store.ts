import type { EventAccepted } from '@ott/contracts/event-accepted'
import type { SavedRow } from '@ott/pipeline/define-stage'
import type { Database, Sql } from '@ott/postgres/database'
import { isDifferent } from '@ott/regulations/diff-findings'
import type { ShadowRow } from './shadow-row.ts'

/** Events named for each rule and kind of difference; kept of each partition. */
export const shadowSamplesMax = 20

type Saved = SavedRow<EventAccepted, ShadowRow>

/** A candidate in one partition. */
interface Place {
  readonly tenantId: string
  readonly ruleSetId: string
  readonly ruleSetVersion: string
  readonly partition: number
}

interface Position extends Place {
  rows: Saved[]
}

interface PositionRow {
  tenant_id: string
  rule_set_id: string
  rule_set_version: string
  partition: number
  next_offset: string
}

interface RuleCounts extends Place {
  readonly rule: string
  both: number
  onlyLive: number
  onlyCandidate: number
  severityChanged: number
}

interface Sample {
  readonly counts: RuleCounts
  readonly kind: 'only_live' | 'only_candidate' | 'severity_changed'
  readonly eventId: string
  readonly at: string
}

/**
 * Adds what a batch's candidates decided to their counts, in the batch's transaction. Exactly once: each candidate remembers of each
 * partition how far it is counted, and a record that is worked through again lies before that. The positions are held until the
 * transaction ends, always in one order, so that two members never count the same record and never wait for each other for good.
 */
export async function saveShadow(rows: readonly Saved[], sql: Sql): Promise<void> {
  if (rows.length === 0) return
  const positions = positionsOf(rows)
  const held = await sql.query<PositionRow>(
    `insert into compliance.shadow_positions as held (tenant_id, rule_set_id, rule_set_version, partition, next_offset)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::int[], array_fill(0::bigint, array[cardinality($4::int[])]))
     on conflict (tenant_id, rule_set_id, rule_set_version, partition) do update set next_offset = held.next_offset
     returning tenant_id, rule_set_id, rule_set_version, partition, next_offset`,
    keysOf(positions),
  )
  const offsets = new Map(held.map((row) => [JSON.stringify([row.tenant_id, row.rule_set_id, row.rule_set_version, row.partition]), BigInt(row.next_offset)]))
  const news = positions.map((position) => {
    const nextOffset = offsets.get(positionId(position)) ?? 0n
    return { ...position, rows: position.rows.filter(({ received }) => received.record.offset >= nextOffset) }
  })
  const changed = news.filter((position) => position.rows.length > 0)
  if (changed.length === 0) return
  sql.send(
    `update compliance.shadow_positions p set next_offset = u.next_offset, events = p.events + u.events, events_differing = p.events_differing + u.differing, last_at = now()
     from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::bigint[], $6::bigint[], $7::bigint[])
       as u (tenant_id, rule_set_id, rule_set_version, partition, next_offset, events, differing)
     where p.tenant_id = u.tenant_id and p.rule_set_id = u.rule_set_id and p.rule_set_version = u.rule_set_version and p.partition = u.partition`,
    [
      ...keysOf(changed),
      changed.map((position) => String(endOf(position))),
      changed.map((position) => position.rows.length),
      changed.map((position) => position.rows.filter(({ row }) => isDifferent(row.diff)).length),
    ],
  )
  const { counts, samples } = countRules(changed.flatMap((position) => position.rows))
  if (counts.length > 0) addCounts(counts, sql)
  if (samples.length > 0) addSamples(samples, sql)
}

function positionsOf(rows: readonly Saved[]): Position[] {
  const positions = new Map<string, Position>()
  for (const saved of rows) {
    const { received: { tenantId, record }, row } = saved
    const place = { tenantId, ruleSetId: row.ruleSetId, ruleSetVersion: row.ruleSetVersion, partition: record.partition }
    const id = positionId(place)
    const position = positions.get(id) ?? { ...place, rows: [] }
    position.rows.push(saved)
    positions.set(id, position)
  }
  return [...positions].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, position]) => position)
}

function endOf({ rows }: Position): bigint {
  return rows.reduce((end, { received }) => (received.record.offset >= end ? received.record.offset + 1n : end), 0n)
}

function keysOf(places: readonly Place[]): unknown[][] {
  return [
    places.map(({ tenantId }) => tenantId),
    places.map(({ ruleSetId }) => ruleSetId),
    places.map(({ ruleSetVersion }) => ruleSetVersion),
    places.map(({ partition }) => partition),
  ]
}

function positionId({ tenantId, ruleSetId, ruleSetVersion, partition }: Place): string {
  return JSON.stringify([tenantId, ruleSetId, ruleSetVersion, partition])
}

function countRules(rows: readonly Saved[]): { counts: RuleCounts[]; samples: Sample[] } {
  const byRule = new Map<string, RuleCounts>()
  const samples: Sample[] = []
  for (const { received, row: { ruleSetId, ruleSetVersion, diff } } of rows) {
    const place = { tenantId: received.tenantId, ruleSetId, ruleSetVersion, partition: received.record.partition }
    const countsOf = (rule: string): RuleCounts => {
      const id = `${positionId(place)} ${rule}`
      const known = byRule.get(id) ?? { ...place, rule, both: 0, onlyLive: 0, onlyCandidate: 0, severityChanged: 0 }
      byRule.set(id, known)
      return known
    }
    const sample = (counts: RuleCounts, kind: Sample['kind']) => {
      const { event, receivedAt } = received.event.data
      samples.push({ counts, kind, eventId: event.id, at: receivedAt })
    }
    for (const rule of diff.both) countsOf(rule).both++
    for (const rule of diff.removed) {
      const counts = countsOf(rule)
      counts.onlyLive++
      sample(counts, 'only_live')
    }
    for (const rule of diff.added) {
      const counts = countsOf(rule)
      counts.onlyCandidate++
      sample(counts, 'only_candidate')
    }
    for (const { rule } of diff.severityChanged) {
      const counts = countsOf(rule)
      counts.severityChanged++
      sample(counts, 'severity_changed')
    }
  }
  const sorted = [...byRule].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, counts]) => counts)
  return { counts: sorted, samples: firstOfEach(samples) }
}

/** No more than are kept at all: a batch may hold thousands. */
function firstOfEach(samples: readonly Sample[]): Sample[] {
  const seen = new Map<RuleCounts, Map<string, number>>()
  return samples.filter(({ counts, kind }) => {
    const kinds = seen.get(counts) ?? new Map<string, number>()
    seen.set(counts, kinds)
    const count = (kinds.get(kind) ?? 0) + 1
    kinds.set(kind, count)
    return count <= shadowSamplesMax
  })
}

function addCounts(counts: readonly RuleCounts[], sql: Sql): void {
  sql.send(
    `insert into compliance.shadow_totals as kept (tenant_id, rule_set_id, rule_set_version, partition, rule, found_by_both, only_live, only_candidate, severity_changed)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])
     on conflict (tenant_id, rule_set_id, rule_set_version, partition, rule) do update set found_by_both = kept.found_by_both + excluded.found_by_both,
       only_live = kept.only_live + excluded.only_live, only_candidate = kept.only_candidate + excluded.only_candidate,
       severity_changed = kept.severity_changed + excluded.severity_changed`,
    [
      ...keysOf(counts),
      counts.map(({ rule }) => rule),
      counts.map(({ both }) => both),
      counts.map(({ onlyLive }) => onlyLive),
      counts.map(({ onlyCandidate }) => onlyCandidate),
      counts.map(({ severityChanged }) => severityChanged),
    ],
  )
}

/** The first ones stay: places are given out until there are none left. */
function addSamples(samples: readonly Sample[], sql: Sql): void {
  const keys = samples.map(({ counts }) => counts)
  sql.send(
    `insert into compliance.shadow_samples (tenant_id, rule_set_id, rule_set_version, partition, rule, kind, place, event_id, at)
     select tenant_id, rule_set_id, rule_set_version, partition, rule, kind, taken + nth_of_kind, event_id, at from (
       select u.*, row_number() over (partition by u.tenant_id, u.rule_set_id, u.rule_set_version, u.partition, u.rule, u.kind order by u.nth) as nth_of_kind,
         (select count(*) from compliance.shadow_samples s where s.tenant_id = u.tenant_id and s.rule_set_id = u.rule_set_id
            and s.rule_set_version = u.rule_set_version and s.partition = u.partition and s.rule = u.rule and s.kind = u.kind) as taken
       from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])
         with ordinality as u (tenant_id, rule_set_id, rule_set_version, partition, rule, kind, event_id, at, nth)
     ) placed where taken + nth_of_kind <= $9`,
    [...keysOf(keys), keys.map(({ rule }) => rule), samples.map(({ kind }) => kind), samples.map(({ eventId }) => eventId), samples.map(({ at }) => at), shadowSamplesMax],
  )
}

/** What a candidate version decided otherwise while it ran beside the live one. */
export interface ShadowRecord {
  readonly version: string
  readonly since: string
  readonly lastAt: string
  readonly eventsJudged: number
  readonly eventsDiffering: number
  readonly rules: readonly {
    readonly rule: string
    readonly both: number
    readonly onlyLive: number
    readonly onlyCandidate: number
    readonly severityChanged: number
    readonly samples: { readonly onlyLive: readonly string[]; readonly onlyCandidate: readonly string[]; readonly severityChanged: readonly string[] }
  }[]
}

interface VersionRow {
  version: string
  since: Date
  last_at: Date
  events: string
  differing: string
}

interface TotalRow {
  version: string
  rule: string
  found_by_both: string
  only_live: string
  only_candidate: string
  severity_changed: string
  samples: Partial<Record<Sample['kind'], string[]>>
}

const versionsMax = 10

/** The versions of a rule set that ran as shadows, the latest first; the last ten. */
export function readShadow(database: Database, tenantId: string, ruleSetId: string): Promise<ShadowRecord[]> {
  return database.transaction([tenantId], async (sql) => {
    const versions = await sql.query<VersionRow>(
      `select rule_set_version as version, min(since) as since, max(last_at) as last_at, sum(events) as events, sum(events_differing) as differing
       from compliance.shadow_positions where tenant_id = $1 and rule_set_id = $2 group by 1 order by min(since) desc, 1 limit ${versionsMax}`,
      [tenantId, ruleSetId],
    )
    if (versions.length === 0) return []
    const totals = await sql.query<TotalRow>(
      `select t.version, t.rule, t.found_by_both, t.only_live, t.only_candidate, t.severity_changed, coalesce(s.samples, '{}') as samples from (
         select rule_set_version as version, rule, sum(found_by_both) as found_by_both, sum(only_live) as only_live, sum(only_candidate) as only_candidate,
           sum(severity_changed) as severity_changed
         from compliance.shadow_totals where tenant_id = $1 and rule_set_id = $2 and rule_set_version = any($3::text[]) group by 1, 2
       ) t left join (
         select rule_set_version as version, rule, json_object_agg(kind, ids) as samples from (
           select rule_set_version, rule, kind, json_agg(event_id order by at, event_id) as ids from (
             select *, row_number() over (partition by rule_set_version, rule, kind order by at, event_id) as nth
             from compliance.shadow_samples where tenant_id = $1 and rule_set_id = $2 and rule_set_version = any($3::text[])
           ) numbered where nth <= ${shadowSamplesMax} group by 1, 2, 3
         ) of_kind group by 1, 2
       ) s using (version, rule) order by t.rule`,
      [tenantId, ruleSetId, versions.map(({ version }) => version)],
    )
    return versions.map(({ version, since, last_at, events, differing }) => ({
      version,
      since: since.toISOString(),
      lastAt: last_at.toISOString(),
      eventsJudged: Number(events),
      eventsDiffering: Number(differing),
      rules: totals.filter((total) => total.version === version).map(shownTotal),
    }))
  })
}

function shownTotal({ rule, found_by_both, only_live, only_candidate, severity_changed, samples }: TotalRow): ShadowRecord['rules'][number] {
  return {
    rule,
    both: Number(found_by_both),
    onlyLive: Number(only_live),
    onlyCandidate: Number(only_candidate),
    severityChanged: Number(severity_changed),
    samples: { onlyLive: samples.only_live ?? [], onlyCandidate: samples.only_candidate ?? [], severityChanged: samples.severity_changed ?? [] },
  }
}
