import { noGroups, seriesCounts, type KnownGroups } from '@ott/anomaly/seasonal/series-counts'
import { deadlinePassedType, modelDriftedType, seriesAnomalousType } from '@ott/contracts/viewer-event-types'

export const hourMs = 3_600_000

/** An event that comes later than this, or from further in the future, counts to nothing: its hour has long been judged, or its clock is wrong. */
const lateMsMax = 7 * 24 * hourMs
const earlyMsMax = hourMs

/** The platform's own events say nothing of the tenant's traffic. */
const own: ReadonlySet<string> = new Set([deadlinePassedType, modelDriftedType, seriesAnomalousType])

/** What a partition counted since its last snapshot began. */
export interface HourlyCounts {
  /** By `tenant hour series`. */
  readonly counts: Map<string, CountedHour>
  readonly groups: Map<string, KnownGroups>
  /** Tenants whose groups changed since. */
  readonly changedGroups: Set<string>
}

export interface CountedHour {
  readonly tenantId: string
  readonly series: string
  /** Since 1970. */
  readonly hour: number
  readonly count: number
}

export interface CountedEvent {
  readonly type: string
  readonly time: string
  readonly data: object
}

export function noCounts(): HourlyCounts {
  return { counts: new Map(), groups: new Map(), changedGroups: new Set() }
}

/** Adds an event to the hour in which it happened. @param receivedAt against which its time is held, RFC 3339; never a clock, so that a replay counts the same */
export function countEvent(held: HourlyCounts, tenantId: string, event: CountedEvent, receivedAt: string): void {
  if (own.has(event.type)) return
  const atMs = Date.parse(event.time)
  const lateMs = Date.parse(receivedAt) - atMs
  if (!(lateMs <= lateMsMax && lateMs >= -earlyMsMax)) return
  const before = held.groups.get(tenantId) ?? noGroups
  const { counts, known } = seriesCounts(event, before)
  if (known !== before) {
    held.groups.set(tenantId, known)
    held.changedGroups.add(tenantId)
  }
  const hour = Math.floor(atMs / hourMs)
  for (const { key: series, count } of counts) addCount(held, { tenantId, series, hour, count })
}

/** Puts counts back that could not be written. */
export function addCount({ counts }: HourlyCounts, counted: CountedHour): void {
  const key = `${counted.tenantId} ${counted.hour} ${counted.series}`
  const before = counts.get(key)
  counts.set(key, before === undefined ? counted : { ...before, count: before.count + counted.count })
}
