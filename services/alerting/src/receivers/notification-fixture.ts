import type { Notification, NotifiedAlert } from '@ott/alert-routing/notification'
import fc from 'fast-check'

/** An alert as a violation raises it; `parts` replace labels, or the whole of a field. */
export function aNotifiedAlert(labels: Readonly<Record<string, string>> = {}, parts: Partial<NotifiedAlert> = {}): NotifiedAlert {
  return {
    status: 'firing',
    labels: { alertname: 'gdpr.art7.withdrawn-consent', rule: 'gdpr.art7.withdrawn-consent', severity: 'critical', regulation: 'gdpr', subject: 'viewer-4711', ...labels },
    annotations: { summary: 'Ads were profiled after the viewer withdrew consent', citation: 'GDPR Art. 7(3)' },
    startsAt: '2026-03-02T08:15:30.000Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: '',
    fingerprint: 'alert-1',
    ...parts,
  }
}

export const resolvedAlert = aNotifiedAlert({ severity: 'medium', subject: 'viewer-12' }, { status: 'resolved', endsAt: '2026-03-02T09:00:00.000Z', fingerprint: 'alert-2' })

export function aNotification(alerts: readonly NotifiedAlert[] = [aNotifiedAlert()], parts: Partial<Notification> = {}): Notification {
  return {
    version: '4',
    groupKey: '{}/{severity="critical"}:{rule="gdpr.art7.withdrawn-consent"}',
    truncatedAlerts: 0,
    status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
    receiver: 'privacy-team',
    groupLabels: { rule: 'gdpr.art7.withdrawn-consent' },
    commonLabels: { alertname: 'gdpr.art7.withdrawn-consent', rule: 'gdpr.art7.withdrawn-consent' },
    commonAnnotations: {},
    externalURL: 'https://compliance.example/alerts?group=7&tenant=acme',
    alerts,
    ...parts,
  }
}

/** What somebody might write into a label to be read as markup, beside any text at all. */
export const hostileText = fc.oneof(
  fc.constantFrom('<img src=x onerror=alert(1)>', '<!channel>', '<@U123>', '<https://evil.example|safe>', '*bold* _it_ `code`', '[safe](https://evil.example)', '"><script>x</script>', "' onmouseover='x", 'a\r\nBcc: spy@evil.example', '&lt;b&gt;', '\u202egnp.exe', '{{ .Env }}', '<at>everyone</at>', '# heading', '   ', '\u0000', '\ud800'),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ minLength: 1_000, maxLength: 2_500 }),
)

const hostileAlert = fc
  .record({ summary: hostileText, citation: hostileText, alertname: hostileText, subject: hostileText, severity: fc.oneof(fc.constantFrom('critical', 'low'), hostileText), link: hostileText, isFiring: fc.boolean() })
  .map(({ summary, citation, alertname, subject, severity, link, isFiring }) =>
    aNotifiedAlert({ alertname, rule: alertname, subject, severity }, {
      annotations: { summary, citation },
      generatorURL: link,
      ...(isFiring ? {} : { status: 'resolved' as const, endsAt: '2026-03-02T09:00:00.000Z' }),
    }),
  )

/** A group whose every value somebody hostile wrote. */
export const hostileNotification = fc
  .record({ alerts: fc.array(hostileAlert, { minLength: 1, maxLength: 14 }), name: hostileText, receiver: hostileText, externalURL: hostileText })
  .map(({ alerts, name, receiver, externalURL }) => aNotification(alerts, { groupLabels: { case: name }, commonLabels: { alertname: name }, receiver, externalURL }))
