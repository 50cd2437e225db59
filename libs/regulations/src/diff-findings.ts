import type { Finding } from '@ott/contracts/event-assessed'
import type { Severity } from '@ott/contracts/severity'

/** As much of a finding as tells whether two rule sets agree. */
export type ComparedFinding = Pick<Finding, 'rule' | 'regulation' | 'severity'>

/** How the findings of a candidate differ from those of the live rule set, for one event. Rules by id, each in one list, sorted. */
export interface FindingDiff {
  /** Found by both, whatever their severity. */
  readonly both: readonly string[]
  /** Found by the candidate alone. */
  readonly added: readonly string[]
  /** Found by the live rule set alone. */
  readonly removed: readonly string[]
  /** Those of `both` that the candidate takes more or less seriously. */
  readonly severityChanged: readonly { readonly rule: string; readonly from: Severity; readonly to: Severity }[]
}

/** Compares what two rule sets find in one event. A rule that finds something several times in it counts once, by its first severity. */
export function diffFindings(live: readonly ComparedFinding[], candidate: readonly ComparedFinding[]): FindingDiff {
  const before = severities(live)
  const after = severities(candidate)
  const both = [...before.keys()].filter((rule) => after.has(rule)).sort()
  return {
    both,
    added: [...after.keys()].filter((rule) => !before.has(rule)).sort(),
    removed: [...before.keys()].filter((rule) => !after.has(rule)).sort(),
    severityChanged: both.flatMap((rule) => {
      const from = before.get(rule)
      const to = after.get(rule)
      return from === undefined || to === undefined || from === to ? [] : [{ rule, from, to }]
    }),
  }
}

/** Whether the candidate decides otherwise. */
export function isDifferent({ added, removed, severityChanged }: FindingDiff): boolean {
  return added.length + removed.length + severityChanged.length > 0
}

function severities(findings: readonly ComparedFinding[]): Map<string, Severity> {
  const found = new Map<string, Severity>()
  for (const { rule, severity } of findings) if (!found.has(rule)) found.set(rule, severity)
  return found
}
