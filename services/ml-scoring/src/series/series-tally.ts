import { groupsMax, noGroups, seriesCounts, type KnownGroups } from '@ott/anomaly/seasonal/series-counts'

/** What one hour of one series has got since it was last written down. Hours are counted since 1970. */
export interface CountDelta {
  readonly tenantId: string
  /** `events:all`, `sign-in-failures:country:de`, `accesses:plan:other` */
  readonly series: string
  readonly hour: number
  readonly count: number
}

/** Counts that were taken to be written, and up to which offset of the partition they go. */
export interface TakenCounts {
  readonly nextOffset: bigint
  readonly deltas: readonly CountDelta[]
}

/** What a partition's events add to the hourly series. */
export interface SeriesTally {
  readonly tenants: Map<string, TenantTally>
  /** Taken and perhaps not written: whoever writes the next ones finds out by the offset that the database has reached. */
  unconfirmed: readonly TakenCounts[]
}

interface TenantTally {
  known: KnownGroups
  readonly hours: Map<number, HourTally>
}

interface HourTally {
  readonly counters: Map<string, Counter>
  /** The counters of events that are alike in what is counted, so that one look-up serves an event. */
  readonly alike: Map<string, readonly Addition[]>
}

interface Counter {
  count: number
}

interface Addition {
  readonly counter: Counter
  readonly amount: number
}

/** The event as far as it is counted. Times are RFC 3339. */
export interface CountedEvent {
  readonly type: string
  readonly time: string
  readonly data: object
}

export const hourMs = 3_600_000

/** Older events than this, by the time of their receipt, are history that was sent in later: no hour is judged by them. */
export const latenessMaxMs = 7 * 24 * hourMs
/** Clocks of devices that are further ahead are wrong. */
export const aheadMaxMs = hourMs

/** Of one hour; more kinds of events than this are counted without being remembered. */
const alikeMax = 1_024

export function createSeriesTally(): SeriesTally {
  return { tenants: new Map(), unconfirmed: [] }
}

/**
 * Counts an event to the hour of its own time. What lies too far from its receipt counts to nothing, judged by the event alone: counted
 * again after a crash it comes to the same.
 */
export function tallyEvent(tally: SeriesTally, tenantId: string, { type, time, data }: CountedEvent, receivedAt: string): void {
  const atMs = Date.parse(time)
  const receivedMs = Date.parse(receivedAt)
  if (!(atMs >= receivedMs - latenessMaxMs && atMs <= receivedMs + aheadMaxMs)) return
  const tenant = tenantIn(tally, tenantId)
  const hour = Math.floor(atMs / hourMs)
  let counted = tenant.hours.get(hour)
  if (counted === undefined) tenant.hours.set(hour, (counted = { counters: new Map(), alike: new Map() }))
  const { country, plan, attempts } = data as { readonly country?: unknown; readonly plan?: unknown; readonly attempts?: unknown }
  // The plan is any text, hence last: so no two events share a key that aren't alike.
  const key = `${type}\n${String(country)}\n${String(attempts)}\n${String(plan)}`
  const additions = counted.alike.get(key) ?? learnAlike(tenant, counted, key, { type, data })
  for (const { counter, amount } of additions) counter.count += amount
}

/** Takes what was counted, to be written with the snapshot that goes up to `nextOffset`, and gives it together with what is unconfirmed, oldest first. */
export function takeCounts(tally: SeriesTally, nextOffset: bigint): readonly TakenCounts[] {
  const deltas: CountDelta[] = []
  for (const [tenantId, { hours }] of tally.tenants) {
    for (const [hour, { counters }] of hours) for (const [series, { count }] of counters) deltas.push({ tenantId, series, hour, count })
    hours.clear()
  }
  if (deltas.length > 0) tally.unconfirmed = [...tally.unconfirmed, { nextOffset, deltas }]
  return tally.unconfirmed
}

/** Says that all that was taken is written, and which groups have series of their own by now. */
export function confirmCounts(tally: SeriesTally, groups: ReadonlyMap<string, KnownGroups>): void {
  tally.unconfirmed = []
  for (const [tenantId, known] of groups) tenantIn(tally, tenantId).known = known
}

/** What the database lacks when it has reached an offset: a transaction may have been committed without its writer having heard of it. */
export function missingCounts(taken: readonly TakenCounts[], reached: bigint | undefined): CountDelta[] {
  return taken.flatMap(({ nextOffset, deltas }) => (reached === undefined || nextOffset > reached ? deltas : []))
}

function tenantIn({ tenants }: SeriesTally, tenantId: string): TenantTally {
  let tenant = tenants.get(tenantId)
  if (tenant === undefined) tenants.set(tenantId, (tenant = { known: noGroups, hours: new Map() }))
  return tenant
}

function learnAlike(tenant: TenantTally, { counters, alike }: HourTally, key: string, event: { readonly type: string; readonly data: object }): readonly Addition[] {
  const { counts, known } = seriesCounts(event, tenant.known)
  tenant.known = known
  const additions = counts.map(({ key: series, count: amount }): Addition => {
    let counter = counters.get(series)
    if (counter === undefined) counters.set(series, (counter = { count: 0 }))
    return { counter, amount }
  })
  if (alike.size < alikeMax) alike.set(key, additions)
  return additions
}

/** Which group a series is of: `country:de` of `events:country:de`; undefined for that of all viewers, and for `other`. */
export function groupIn(series: string): { readonly grouping: keyof KnownGroups; readonly name: string } | undefined {
  const [, grouping, name] = series.split(':')
  return (grouping === 'country' || grouping === 'plan') && name !== undefined && name !== 'other' ? { grouping, name } : undefined
}

/**
 * Adds groups to those that have series, as long as there is room; partitions learn of groups side by side, and a tenant has room for
 * `groupsMax` of each kind in all.
 */
export function admitGroups(known: KnownGroups, series: Iterable<string>): KnownGroups {
  const groups = { country: [...known.country], plan: [...known.plan] }
  for (const one of series) {
    const group = groupIn(one)
    if (group === undefined) continue
    const held = groups[group.grouping]
    if (held.length < groupsMax && !held.includes(group.name)) held.push(group.name)
  }
  return groups
}

/** The series itself, or that of all `other` groups where its group has none. */
export function admittedSeries(known: KnownGroups, series: string): string {
  const group = groupIn(series)
  return group === undefined || known[group.grouping].includes(group.name) ? series : `${series.slice(0, series.indexOf(':'))}:${group.grouping}:other`
}
