import type { Notification } from '@ott/alert-routing/notification'

/** Alertmanager's webhook payload, version 4 (`webhook_config` in its documentation): receivers written for it read ours. */
export function webhookMessage(notification: Notification, alertsMax: number): string {
  const { version, groupKey, truncatedAlerts, status, receiver, groupLabels, commonLabels, commonAnnotations, externalURL, alerts } = notification
  // 0 takes them all, as there.
  const kept = alertsMax > 0 ? alerts.slice(0, alertsMax) : alerts
  return JSON.stringify({
    version,
    groupKey,
    truncatedAlerts: truncatedAlerts + alerts.length - kept.length,
    status,
    receiver,
    groupLabels,
    commonLabels,
    commonAnnotations,
    externalURL,
    alerts: kept,
  })
}
