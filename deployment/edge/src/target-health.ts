import type { HealthChecks } from './upstream-declaration.ts'

/** What is known of a target: whether it gets requests, and how far it is from changing that. */
export interface TargetHealth {
  readonly up: boolean
  readonly successes: number
  readonly httpFailures: number
  readonly tcpFailures: number
  readonly timeouts: number
}

/** What one probe (`active`) or one request (`passive`) met: a status, a connection that failed, or silence. */
export interface HealthReport {
  readonly from: 'active' | 'passive'
  readonly met: number | 'tcp-failure' | 'timeout'
}

/** A target counts as healthy until it shows otherwise. */
export const untried: TargetHealth = { up: true, successes: 0, httpFailures: 0, tcpFailures: 0, timeouts: 0 }

/**
 * Kong's rules: reasons are counted apart, a success forgets failures and a failure successes, and what reaches its limit
 * turns the target. A limit of 0 never does. A status in neither list says nothing.
 */
export function afterReport(health: TargetHealth, { active, passive }: HealthChecks, { from, met }: HealthReport): TargetHealth {
  const { unhealthy } = from === 'active' ? active : passive
  if (met === 'tcp-failure') return failed(health, 'tcpFailures', unhealthy.tcp_failures)
  if (met === 'timeout') return failed(health, 'timeouts', unhealthy.timeouts)
  if (from === 'active' && active.healthy.http_statuses.includes(met)) return succeeded(health, active.healthy.successes)
  return unhealthy.http_statuses.includes(met) ? failed(health, 'httpFailures', unhealthy.http_failures) : health
}

function failed(health: TargetHealth, reason: 'httpFailures' | 'tcpFailures' | 'timeouts', limit: number): TargetHealth {
  if (limit === 0 || (!health.up && health.successes === 0)) return health
  const counted = { ...health, successes: 0, [reason]: health[reason] + 1 }
  return counted[reason] >= limit ? { ...counted, up: false } : counted
}

function succeeded(health: TargetHealth, limit: number): TargetHealth {
  const { up, successes } = health
  const spotless = health.httpFailures + health.tcpFailures + health.timeouts === 0
  if (limit === 0 || (up && spotless)) return health
  const counted = { ...untried, up, successes: successes + 1 }
  return counted.successes >= limit ? { ...counted, up: true } : counted
}
