import type { Notification } from '@ott/alert-routing/notification'
import { webLink } from './bounded-text.ts'

const dayMs = 86_400_000

/**
 * How long an Alertmanager believes us that an alert fires. By itself it would end one after its `resolve_timeout` (5 m),
 * but we tell again only when a group changes or repeats, and not at all while somebody has acknowledged. Since a resolve
 * always follows what we told as firing, the end may be far away: silence mustn't end an alert. Should it forget alerts
 * when it restarts, the next repeat tells it again.
 */
const firingForMs = 365 * dayMs

/**
 * The body of `POST /api/v2/alerts` (`postableAlerts` of Alertmanager's OpenAPI). Empty labels aren't there.
 * @param sendsResolved where no resolve will follow, the end is left to the receiver's `resolve_timeout`
 */
export function alertmanagerAlerts({ alerts }: Notification, atMs: number, sendsResolved: boolean): string {
  const end = (endsAt: string, isFiring: boolean) => (isFiring ? (sendsResolved ? new Date(atMs + firingForMs).toISOString() : undefined) : endsAt)
  return JSON.stringify(
    alerts.map(({ status, labels, annotations, startsAt, endsAt, generatorURL }) => ({
      labels: filled(labels),
      annotations: filled(annotations),
      startsAt,
      endsAt: end(endsAt, status === 'firing'),
      generatorURL: webLink(generatorURL),
    })),
  )
}

function filled(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))
}
