import { matrixOf, type DataMatrix } from '../data-matrix.ts'
import { observationOf } from '../observation.ts'
import { observe, windowedFactorsOf, type RiskProfile } from '../risk-profile.ts'
import { seededRandom } from '../seeded-random.ts'
import { createReservoir } from './reservoir.ts'

/** What somebody who looked into it says of a viewer's behaviour at a time. */
export interface BehaviourLabel {
  readonly subject: string
  /** Event time, ms since the epoch. */
  readonly atMs: number
  readonly isAnomaly: boolean
}

/** What models of viewers' behaviour learn from: nobody's name is in it. */
export interface ViewerHours {
  /** The windowed factors at the end of an hour in which a viewer was active, in the order of time. */
  readonly rows: DataMatrix
  /** Event time of each row, ms since the epoch. */
  readonly timesMs: Float64Array
  /** 1: confirmed as an anomaly; 0: looked into and found harmless; -1: nobody said. */
  readonly labels: Int8Array
}

export interface CollectingOptions {
  /** Rows without a label that are kept: of more, that many by lot. */
  readonly rowsMax: number
  /** Viewers followed at once: of more, a share of them by a hash of their names. Those with a label are always followed. */
  readonly viewersMax: number
  readonly seed: number
  readonly labels: readonly BehaviourLabel[]
}

const hourMs = 3_600_000

/**
 * Works through what viewers did, in the order of arrival, and keeps what each of their active hours came to: as a viewer teaches the baseline, once an
 * hour whatever it sends. The same events, labels and seed give the same rows.
 */
export function collectViewerHours({ rowsMax, viewersMax, seed, labels }: CollectingOptions) {
  const labelled = hoursOfLabels(labels)
  const profiles = new Map<string, RiskProfile>()
  const reservoir = createReservoir<Row>(rowsMax, seededRandom(seed))
  const keptLabelled: Row[] = []
  /** Viewers whose hash lies below are followed. */
  let hashLimit = 2 ** 32

  const isFollowed = (subject: string) => labelled.has(subject) || hashOf(subject, seed) < hashLimit
  const followFewer = () => {
    while (profiles.size > viewersMax && hashLimit > 1) {
      hashLimit /= 2
      for (const subject of profiles.keys()) if (!isFollowed(subject)) profiles.delete(subject)
    }
  }
  const keep = (subject: string, profile: RiskProfile) => {
    const row: Row = { atMs: profile.clockMs, values: windowedFactorsOf(profile, profile.clockMs), label: labelled.get(subject)?.get(Math.floor(profile.clockMs / hourMs)) ?? -1 }
    if (row.label !== -1) {
      keptLabelled.push(row)
      return
    }
    reservoir.offer(row)
  }

  return {
    add({ type, subject, time, data, findingsCount }: { readonly type: string; readonly subject: string; readonly time: string; readonly data: object; readonly findingsCount: number }): void {
      if (!isFollowed(subject)) return
      const atMs = Date.parse(time)
      const before = profiles.get(subject)
      if (before !== undefined && Math.floor(atMs / hourMs) > before.lessonHour) keep(subject, before)
      profiles.set(subject, observe(before, observationOf({ type, data }, findingsCount), atMs))
      if (before === undefined) followFewer()
    },
    finish(): ViewerHours {
      for (const [subject, profile] of profiles) keep(subject, profile)
      profiles.clear()
      const all = [...reservoir.kept, ...keptLabelled].sort((a, b) => a.atMs - b.atMs)
      return { rows: matrixOf(all.map(({ values }) => [...values])), timesMs: Float64Array.from(all, ({ atMs }) => atMs), labels: Int8Array.from(all, ({ label }) => label) }
    },
  }
}

interface Row {
  readonly atMs: number
  readonly values: Float64Array
  readonly label: -1 | 0 | 1
}

/** Labels by viewer and hour; of several in one hour, an anomaly outweighs. */
function hoursOfLabels(labels: readonly BehaviourLabel[]): Map<string, Map<number, 0 | 1>> {
  const bySubject = new Map<string, Map<number, 0 | 1>>()
  for (const { subject, atMs, isAnomaly } of labels) {
    const hours = bySubject.get(subject) ?? new Map<number, 0 | 1>()
    const hour = Math.floor(atMs / hourMs)
    hours.set(hour, isAnomaly || hours.get(hour) === 1 ? 1 : 0)
    bySubject.set(subject, hours)
  }
  return bySubject
}

/** FNV-1a, 32 bits (Fowler, Noll & Vo), with a finish that spreads what differs in the last letters only. */
function hashOf(text: string, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}
