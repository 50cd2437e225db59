import type { Severity } from '@ott/contracts/severity'
import { diffFindings, isDifferent, type ComparedFinding } from '@ott/regulations/diff-findings'

/** How the findings of a candidate differ from the live rule set's, over a stored period. Plain JSON. */
export interface BacktestReport {
  readonly eventsJudged: number
  readonly eventsDiffering: number
  /** Periods that ended without an answer, for either side. */
  readonly periodsPassed: number
  /** Events that no longer fit their contract, and were judged by neither. */
  readonly eventsUnreadable: number
  readonly rules: Readonly<Record<string, RuleReport>>
}

export interface RuleReport {
  readonly regulation: string
  /** Findings of the live rule set and of the candidate. */
  readonly before: number
  readonly after: number
  readonly added: number
  readonly removed: number
  readonly severityChanged: number
  /** Times it could not be evaluated. */
  readonly failed: number
  /** The severity of each side, as far as it found something. */
  readonly severityBefore?: Severity
  readonly severityAfter?: Severity
  /** The first events of each difference, by id; of a period that ended, the event that started it. */
  readonly samples: Readonly<Record<Difference, readonly string[]>>
}

export const differences = ['added', 'removed', 'severityChanged'] as const
export type Difference = (typeof differences)[number]

/** Events named for each difference of a rule. */
export const samplesMax = 10

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }
type WritableRule = Writable<Omit<RuleReport, 'samples'>> & { samples: Record<Difference, string[]> }

/** A report that grows. */
export interface ReportBook {
  /** @param sampleOf the event to name for a rule */
  judged(kind: 'event' | 'period', live: readonly ComparedFinding[], candidate: readonly ComparedFinding[], sampleOf: (rule: string) => string): void
  unreadable(): void
  failed(rule: string, regulation: string): void
  report(): BacktestReport
}

/** @param kept where an earlier run left off */
export function openReport(kept?: BacktestReport): ReportBook {
  const counts = { eventsJudged: 0, eventsDiffering: 0, periodsPassed: 0, eventsUnreadable: 0, ...kept }
  const rules = new Map(Object.entries(kept?.rules ?? {}).map(([id, rule]) => [id, copyOf(rule)]))
  const entryOf = (id: string, regulation: string): WritableRule => {
    const known = rules.get(id)
    if (known !== undefined) return known
    const made: WritableRule = { regulation, before: 0, after: 0, added: 0, removed: 0, severityChanged: 0, failed: 0, samples: { added: [], removed: [], severityChanged: [] } }
    rules.set(id, made)
    return made
  }
  return {
    judged(kind, live, candidate, sampleOf) {
      if (kind === 'event') counts.eventsJudged++
      else counts.periodsPassed++
      if (live.length === 0 && candidate.length === 0) return
      const diff = diffFindings(live, candidate)
      for (const { rule, regulation, severity } of live) {
        const entry = entryOf(rule, regulation)
        entry.before++
        entry.severityBefore = severity
      }
      for (const { rule, regulation, severity } of candidate) {
        const entry = entryOf(rule, regulation)
        entry.after++
        entry.severityAfter = severity
      }
      if (!isDifferent(diff)) return
      if (kind === 'event') counts.eventsDiffering++
      const note = (difference: Difference, rule: string) => {
        const entry = entryOf(rule, rule)
        entry[difference]++
        const samples = entry.samples[difference]
        if (samples.length < samplesMax) samples.push(sampleOf(rule))
      }
      for (const rule of diff.added) note('added', rule)
      for (const rule of diff.removed) note('removed', rule)
      for (const { rule } of diff.severityChanged) note('severityChanged', rule)
    },
    unreadable: () => void counts.eventsUnreadable++,
    failed: (rule, regulation) => void entryOf(rule, regulation).failed++,
    report: () => ({ ...counts, rules: Object.fromEntries([...rules].map(([id, rule]) => [id, copyOf(rule)])) }),
  }
}

function copyOf(rule: RuleReport): WritableRule {
  const { added, removed, severityChanged } = rule.samples
  return { ...rule, samples: { added: [...added], removed: [...removed], severityChanged: [...severityChanged] } }
}

/** The report as people read it: rules that differ most first, and totals by regulation. */
export function shownReport({ rules, ...counts }: BacktestReport) {
  const listed = Object.entries(rules).map(([rule, each]) => ({ rule, ...each }))
  const differing = ({ added, removed, severityChanged }: RuleReport) => added + removed + severityChanged
  listed.sort((a, b) => differing(b) - differing(a) || (a.rule < b.rule ? -1 : 1))
  const regulations = new Map<string, { regulation: string; before: number; after: number; added: number; removed: number; severityChanged: number }>()
  for (const { regulation, before, after, added, removed, severityChanged } of listed) {
    const sum = regulations.get(regulation) ?? { regulation, before: 0, after: 0, added: 0, removed: 0, severityChanged: 0 }
    sum.before += before
    sum.after += after
    sum.added += added
    sum.removed += removed
    sum.severityChanged += severityChanged
    regulations.set(regulation, sum)
  }
  return { ...counts, rules: listed, regulations: [...regulations.values()].sort((a, b) => (a.regulation < b.regulation ? -1 : 1)) }
}
