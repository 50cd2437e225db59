import { severities, severity, type Severity } from '@ott/contracts/severity'
import { z } from 'zod'

const minutes = z.number().int().min(1).max(525_600)
const name = z.string().min(1).max(200)

/** How grave a tenant takes a rule, or all of a regulation, to be. */
export const severityOverride = z.union([z.strictObject({ rule: name, severity }), z.strictObject({ regulation: name, severity })])
export type SeverityOverride = z.infer<typeof severityOverride>

/** Time allowed until somebody acknowledges a case, and until it is closed, in minutes. */
export interface ServiceLevel {
  readonly acknowledge: number
  readonly resolve: number
}

/** How a tenant wants its cases handled. What is left out is as by default. */
export const caseSettingsRequest = z.strictObject({
  severityOverrides: z
    .array(severityOverride)
    .max(500)
    .refine((overrides) => new Set(overrides.map(nameOf)).size === overrides.length, 'must name each rule and regulation once')
    .default([]),
  slaMinutes: z
    .partialRecord(severity, z.strictObject({ acknowledge: minutes, resolve: minutes }).refine(({ acknowledge, resolve }) => acknowledge <= resolve, 'must leave no less time to resolve than to acknowledge'))
    .default({}),
  incidentWindowHours: z.number().int().min(1).max(8_760).default(24),
})

export interface CaseSettings {
  readonly severityOverrides: readonly SeverityOverride[]
  readonly slaMinutes: Readonly<Record<Severity, ServiceLevel>>
  /** Without new evidence for so long an incident has ended. */
  readonly incidentWindowHours: number
}

export const defaultSlaMinutes: Readonly<Record<Severity, ServiceLevel>> = {
  critical: { acknowledge: 60, resolve: 24 * 60 },
  high: { acknowledge: 4 * 60, resolve: 72 * 60 },
  medium: { acknowledge: 24 * 60, resolve: 168 * 60 },
  low: { acknowledge: 72 * 60, resolve: 720 * 60 },
}

/** What holds for a tenant: what it said, and the defaults for the rest. */
export function caseSettingsOf(said: unknown): CaseSettings {
  const { severityOverrides, slaMinutes, incidentWindowHours } = caseSettingsRequest.parse(said ?? {})
  const level = (of: Severity): ServiceLevel => slaMinutes[of] ?? defaultSlaMinutes[of]
  return { severityOverrides, incidentWindowHours, slaMinutes: Object.fromEntries(severities.map((of) => [of, level(of)])) as Record<Severity, ServiceLevel> }
}

function nameOf(override: SeverityOverride): string {
  return 'rule' in override ? `rule ${override.rule}` : `regulation ${override.regulation}`
}

/** Until when a case has to be acknowledged and closed, ms since the epoch. */
export interface DueTimes {
  readonly acknowledgeDueAtMs: number
  readonly resolveDueAtMs: number
}

/** @param fromMs when the clocks began: the case opened (by receipt) or was reopened */
export function dueTimesOf(fromMs: number, of: Severity, { slaMinutes }: Pick<CaseSettings, 'slaMinutes'>): DueTimes {
  const { acknowledge, resolve } = slaMinutes[of]
  return { acknowledgeDueAtMs: fromMs + acknowledge * 60_000, resolveDueAtMs: fromMs + resolve * 60_000 }
}
