import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import type { Integration } from '@ott/alert-routing/configuration'
import type { Notification } from '@ott/alert-routing/notification'
import { createTransport } from 'nodemailer'
import { boundedText } from './bounded-text.ts'
import { emailMessage } from './email-message.ts'
import { describeFailure, redactor } from './show-failure.ts'
import type { SendResult } from '../deliveries/send-result.ts'
import type { Attempt, SmtpAccess } from './sender.ts'

type EmailIntegration = Extract<Integration, { kind: 'email' }>

const connectMsMax = 10_000
const sendMsMax = 25_000

/** Headers that make a mail what it is: we write them ourselves. */
const ownHeaders = new Set(['bcc', 'cc', 'content-transfer-encoding', 'content-type', 'date', 'in-reply-to', 'message-id', 'mime-version', 'references', 'sender'])

/**
 * Sends mails by SMTP. STARTTLS is a must where the configuration says so (Alertmanager's default) and wherever a
 * password is sent; port 465 speaks TLS from the start. The address is resolved and checked once and connected to as
 * such, the certificate is checked against the name.
 *
 * A mail's Message-ID comes from the message's id, so that repeats can be told, and all mails of a group refer to one
 * that was never sent, so that clients show them as one thread.
 */
export function createSmtpSender({ smtp, hostname }: { readonly smtp: SmtpAccess; readonly hostname: string }) {
  return async (integration: EmailIntegration, notification: Notification, attempt: Attempt): Promise<SendResult> => {
    const { host, port } = splitHost(integration.smarthost)
    const mail = composeMail(integration, notification, attempt, hostname)
    const request = { url: `smtp://${host}:${port}`, headers: { 'message-id': mail.messageId }, bytes: Buffer.byteLength(mail.text) + Buffer.byteLength(mail.html) }
    const redact = redactor([integration.password, Buffer.from(integration.password ?? '').toString('base64')])
    const signal = AbortSignal.any([attempt.signal, AbortSignal.timeout(sendMsMax)])
    try {
      const address = await smtp.resolve(host, signal)
      const transport = createTransport({
        host: address,
        port,
        name: integration.hello === '' ? hostname : integration.hello,
        secure: port === 465,
        ...(isIP(host) === 0 ? { servername: host } : {}),
        requireTLS: integration.requireTls || integration.username !== undefined,
        tls: smtp.trustedCertificates === undefined ? {} : { ca: smtp.trustedCertificates },
        ...(integration.username === undefined ? {} : { auth: { user: integration.username, pass: integration.password ?? '' } }),
        connectionTimeout: connectMsMax,
        greetingTimeout: connectMsMax,
        socketTimeout: connectMsMax,
        disableFileAccess: true,
        disableUrlAccess: true,
      })
      try {
        const { response, rejectedErrors = [] } = await transport.sendMail({ ...mail, signal })
        return { ...judgeRecipients(integration.to.length, rejectedErrors, redact), request, response: answerOf(response, redact) }
      } finally {
        transport.close()
      }
    } catch (error) {
      return { ...judgeError(error, redact), request }
    }
  }
}

function composeMail(integration: EmailIntegration, notification: Notification, { messageId, atMs }: Attempt, hostname: string) {
  const { subject, text, html } = emailMessage(notification)
  const configured = new Map(Object.entries(integration.headers).map(([name, value]) => [name.toLowerCase(), boundedText(value, 900)]))
  const thread = `<group-${createHash('sha256').update(JSON.stringify([integration.from, notification.receiver, notification.groupKey])).digest('hex').slice(0, 32)}@${hostname}>`
  return {
    envelope: { from: integration.from, to: [...integration.to] },
    from: configured.get('from') ?? integration.from,
    to: configured.get('to') ?? [...integration.to],
    subject: configured.get('subject') ?? subject,
    text,
    html,
    date: new Date(atMs),
    messageId: `<${messageId.replace(/[^A-Za-z0-9._-]/g, '_')}@${hostname}>`,
    inReplyTo: thread,
    references: [thread],
    headers: {
      // Nobody's holiday answers to an alert (RFC 3834).
      'Auto-Submitted': 'auto-generated',
      ...Object.fromEntries([...configured].filter(([name]) => !ownHeaders.has(name) && !['from', 'to', 'subject'].includes(name) && /^[!-9;-~]+$/.test(name))),
    },
  }
}

interface SmtpError {
  readonly code?: string
  /** What the socket said: `ECONNREFUSED`, `ERR_TLS_CERT_ALTNAME_INVALID`. */
  readonly originalCode?: string
  readonly responseCode?: number
  readonly response?: string
  readonly rejectedErrors?: readonly SmtpError[]
}

/** Some may have it while others are to have it yet: then it is sent again, with the same Message-ID. Who is refused for good isn't tried again. */
function judgeRecipients(count: number, rejected: readonly SmtpError[], redact: (text: string) => string): Pick<SendResult, 'outcome' | 'status' | 'error'> {
  const later = rejected.find(({ responseCode = 0 }) => responseCode < 500)
  const first = later ?? rejected[0]
  if (first === undefined) return { outcome: 'accepted', status: 250 }
  const error = `${rejected.length} of ${count} recipients were refused: ${boundedText(redact(first.response ?? ''), 200)}`
  return later === undefined ? { outcome: 'accepted', status: 250, error } : { outcome: 'refused', ...(first.responseCode === undefined ? {} : { status: first.responseCode }), error }
}

function judgeError(error: unknown, redact: (text: string) => string): Pick<SendResult, 'outcome' | 'status' | 'error' | 'response'> {
  const { code, originalCode, responseCode, response } = (error ?? {}) as SmtpError
  if (typeof responseCode === 'number' && typeof response === 'string') {
    const what = code === 'ETLS' ? 'the server offers no STARTTLS: ' : code === 'EAUTH' ? 'the server refused the login: ' : 'the server refused the mail: '
    return { outcome: 'refused', status: responseCode, error: boundedText(what + redact(response), 400), response: answerOf(response, redact) }
  }
  return { outcome: 'unreachable', error: boundedText(redact(describeFailure(originalCode === undefined ? error : { code: originalCode })), 400) }
}

function answerOf(response: string, redact: (text: string) => string): NonNullable<SendResult['response']> {
  return { status: Number(/^\d{3}/.exec(response)?.[0] ?? 0), headers: {}, body: redact(response).slice(0, 1_024) }
}

/** `smtp.example:587`, `[2001:db8::1]:25`; without a port it is 25. */
function splitHost(smarthost: string): { readonly host: string; readonly port: number } {
  const [, bracketed, name, port] = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(smarthost) ?? []
  return { host: bracketed ?? name ?? smarthost, port: Number(port ?? 25) }
}
