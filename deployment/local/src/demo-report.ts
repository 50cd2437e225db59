import type { Incident } from '@ott/simulator/simulate-day'

/** A violation as it arrived on the stream. */
export interface ArrivedViolation {
  readonly rule: string
  readonly subject: string
  readonly eventId: string
  readonly arrivedAtMs: number
}

export interface IncidentReport {
  readonly incident: Incident
  /** The expected violation that arrived first. */
  readonly caughtBy: string | undefined
  /** From sending the event that gave it away to the violation on the stream. */
  readonly latencyMs: number | undefined
}

export interface DemoReport {
  readonly incidents: readonly IncidentReport[]
  /** Violations of people who did nothing wrong. */
  readonly falseAlarms: readonly ArrivedViolation[]
}

/** Holds what arrived against what was planted. Pure. */
export function reportDemo(incidents: readonly Incident[], violations: readonly ArrivedViolation[], postedAtMs: ReadonlyMap<string, number>): DemoReport {
  const culprits = new Set(incidents.map(({ subject }) => subject))
  return {
    incidents: incidents.map((incident) => {
      const { rules = [], riskRules = [] } = incident.expected
      const caught = violations
        .filter(({ subject, eventId }) => subject === incident.subject && incident.eventIds.includes(eventId))
        .filter(({ rule }) => riskRules.some((expected) => rule === expected) || rules.some((prefix) => rule.startsWith(prefix)))
        .sort((a, b) => a.arrivedAtMs - b.arrivedAtMs)[0]
      const posted = caught === undefined ? undefined : postedAtMs.get(caught.eventId)
      return { incident, caughtBy: caught?.rule, latencyMs: caught === undefined || posted === undefined ? undefined : Math.max(0, caught.arrivedAtMs - posted) }
    }),
    falseAlarms: violations.filter(({ subject }) => !culprits.has(subject)),
  }
}

/** The report as a table for a terminal. */
export function formatDemo({ incidents, falseAlarms }: DemoReport): string[] {
  const rows = incidents.map(({ incident, caughtBy, latencyMs }) => [
    incident.kind,
    incident.subject,
    caughtBy === undefined ? 'MISSED' : 'caught',
    caughtBy ?? `expected ${[...(incident.expected.rules ?? []), ...(incident.expected.riskRules ?? [])].join(' or ')}`,
    latencyMs === undefined ? '' : `${Math.round(latencyMs)} ms`,
  ])
  const header = ['incident', 'viewer', '', 'by', 'after']
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()
  const caught = incidents.filter(({ caughtBy }) => caughtBy !== undefined).length
  return [
    line(header),
    ...rows.map(line),
    '',
    `${caught} of ${incidents.length} planted incidents caught; ${falseAlarms.length} false alarms`,
    ...falseAlarms.map(({ rule, subject }) => `    ${rule} for ${subject}`),
  ]
}
