import { expect, test } from '@jest/globals'
import type { Integration } from '@ott/alert-routing/configuration'
import { emailMessage } from '../src/receivers/email-message.ts'
import { aNotification, aNotifiedAlert, resolvedAlert } from '../src/receivers/notification-fixture.ts'
import { createSmtpSender } from '../src/receivers/smtp-sender.ts'
import { anSmtpReceiver } from './smtp-receiver-fixture.ts'

type Email = Extract<Integration, { kind: 'email' }>

const attempt = { messageId: 'msg_1', atMs: Date.parse('2026-03-02T08:16:00Z'), attempt: 1, traceparent: undefined, signal: new AbortController().signal }
const notification = aNotification([aNotifiedAlert(), resolvedAlert])

const anEmail = (smarthost: string, parts: Partial<Email> = {}): Email => ({
  key: 'email[0]', sendResolved: true, kind: 'email', to: ['dpo@acme.example'], from: 'Compliance <alerts@ott.example>', smarthost, hello: 'localhost',
  username: undefined, password: undefined, requireTls: true, headers: {}, ...parts,
})
const senderFor = (server: { readonly cert: string }, address = '127.0.0.1') =>
  createSmtpSender({ smtp: { resolve: () => Promise.resolve(address), trustedCertificates: server.cert }, hostname: 'alerting.example' })

test('a mail arrives encrypted, as a table to look at and as text to read, from and to whom it should', async () => {
  await using server = await anSmtpReceiver()
  const result = await senderFor(server)(anEmail(server.smarthost, { to: ['dpo@acme.example', 'Legal <legal@acme.example>'] }), notification, attempt)
  expect(result).toMatchObject({ outcome: 'accepted', status: 250, request: { url: `smtp://${server.smarthost}` } })
  const [{ mail, ...envelope } = { mail: undefined }] = server.received
  expect(envelope).toMatchObject({ isSecure: true, from: 'alerts@ott.example', to: ['dpo@acme.example', 'legal@acme.example'], hello: 'localhost' })
  expect(mail).toMatchObject({ subject: '[FIRING: 1, critical] gdpr.art7.withdrawn-consent', date: new Date(attempt.atMs), messageId: '<msg_1@alerting.example>' })
  expect(mail?.headers.get('auto-submitted')).toBe('auto-generated')
  expect(mail?.text).toContain('CRITICAL  Ads were profiled after the viewer withdrew consent')
  expect(String(mail?.html).trim()).toBe(emailMessage(notification).html.trim())
  expect(mail?.attachments).toEqual([])
})

test('a repeat has the same Message-ID, and what is told of a group is one thread', async () => {
  await using server = await anSmtpReceiver()
  const send = senderFor(server)
  await send(anEmail(server.smarthost), notification, attempt)
  await send(anEmail(server.smarthost), notification, { ...attempt, attempt: 2, atMs: attempt.atMs + 5_000 })
  await send(anEmail(server.smarthost), aNotification([resolvedAlert]), { ...attempt, messageId: 'msg_2' })
  await send(anEmail(server.smarthost), aNotification([], { groupKey: 'other' }), { ...attempt, messageId: 'msg_3' })
  const ids = server.received.map(({ mail }) => mail.messageId)
  expect(ids).toEqual(['<msg_1@alerting.example>', '<msg_1@alerting.example>', '<msg_2@alerting.example>', '<msg_3@alerting.example>'])
  const threads = server.received.map(({ mail }) => mail.inReplyTo)
  expect(new Set(threads.slice(0, 3)).size).toBe(1)
  expect(threads[3]).not.toBe(threads[0])
  expect(server.received.map(({ mail }) => mail.references)).toEqual(threads)
})

test.each(['PLAIN', 'LOGIN'])('whoever has a login uses it, by %s', async (method) => {
  await using server = await anSmtpReceiver({ authMethods: [method], authOptional: false })
  await senderFor(server)(anEmail(server.smarthost, { username: 'ott', password: 'sEcReTpAsS' }), notification, attempt)
  expect(server.received[0]).toMatchObject({ user: 'ott', isSecure: true })
})

test('a login that is refused is told without its password, though the server echoes it', async () => {
  await using server = await anSmtpReceiver()
  const result = await senderFor(server)(anEmail(server.smarthost, { username: 'eve', password: 'sEcReTwRoNg' }), notification, attempt)
  expect(result).toMatchObject({ outcome: 'refused', status: 535, error: expect.stringContaining('refused the login') })
  expect(JSON.stringify(result)).not.toContain('sEcReTwRoNg')
})

test('a server without STARTTLS gets no mail where TLS is required, nor ever a password', async () => {
  await using server = await anSmtpReceiver({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true })
  const send = senderFor(server)
  expect(await send(anEmail(server.smarthost), notification, attempt)).toMatchObject({ outcome: 'refused', error: expect.stringContaining('STARTTLS') })
  expect(await send(anEmail(server.smarthost, { requireTls: false, username: 'ott', password: 'sEcReTpAsS' }), notification, attempt)).toMatchObject({ outcome: 'refused' })
  expect(server.received).toEqual([])
  expect(await send(anEmail(server.smarthost, { requireTls: false }), notification, attempt)).toMatchObject({ outcome: 'accepted' })
  expect(server.received[0]?.isSecure).toBe(false)
})

test('a certificate for another name, or by nobody who is trusted, gets no mail', async () => {
  await using server = await anSmtpReceiver()
  const elsewhere = anEmail(server.smarthost.replace('smtp.test', 'mail.other.test'))
  expect(await senderFor(server)(elsewhere, notification, attempt)).toMatchObject({ outcome: 'unreachable', error: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID') })
  const distrusting = createSmtpSender({ smtp: { resolve: () => Promise.resolve('127.0.0.1') }, hostname: 'alerting.example' })
  expect(await distrusting(anEmail(server.smarthost), notification, attempt)).toMatchObject({ outcome: 'unreachable', error: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT') })
  expect(server.received).toEqual([])
})

test('a host whose address is not allowed is never connected to', async () => {
  await using server = await anSmtpReceiver()
  const asked: string[] = []
  const guarded = createSmtpSender({
    smtp: {
      resolve(host) {
        asked.push(host)
        return Promise.reject(Object.assign(new Error('the receiver is on an inner network'), { name: 'RequestFailed' }))
      },
    },
    hostname: 'alerting.example',
  })
  expect(await guarded(anEmail(server.smarthost), notification, attempt)).toMatchObject({ outcome: 'unreachable', error: 'the receiver is on an inner network' })
  expect(asked).toEqual(['smtp.test'])
  expect(server.received).toEqual([])
})

const refusing = (responseCode: number, addresses: readonly string[]) => ({
  onRcptTo({ address }: { address: string }, _session: unknown, done: (error?: Error | null) => void) {
    done(addresses.includes(address) ? Object.assign(new Error('not now'), { responseCode }) : null)
  },
})

test('a server that refuses for now or for good is told apart by its status', async () => {
  for (const status of [451, 550]) {
    await using server = await anSmtpReceiver(refusing(status, ['dpo@acme.example']))
    expect(await senderFor(server)(anEmail(server.smarthost), notification, attempt)).toMatchObject({ outcome: 'refused', status, error: expect.stringContaining('not now') })
  }
})

test('while one of several recipients is put off, the mail is to be sent again; who is refused for good is only named', async () => {
  const to = ['dpo@acme.example', 'gone@acme.example']
  for (const [status, outcome] of [[450, 'refused'], [550, 'accepted']] as const) {
    await using server = await anSmtpReceiver(refusing(status, ['gone@acme.example']))
    expect(await senderFor(server)(anEmail(server.smarthost, { to }), notification, attempt)).toMatchObject({ outcome, error: expect.stringContaining('1 of 2 recipients') })
    expect(server.received[0]?.to).toEqual(['dpo@acme.example'])
  }
})

test('configured headers are sent, but none that make the mail another one', async () => {
  await using server = await anSmtpReceiver()
  const headers = { Subject: 'Privacy\r\nBcc: spy@evil.example', 'Reply-To': 'desk@acme.example', To: 'Privacy desk <desk@acme.example>', 'Message-ID': '<mine@x>', Bcc: 'spy@evil.example', 'X-Team': 'privacy' }
  await senderFor(server)(anEmail(server.smarthost, { headers }), notification, attempt)
  const [got] = server.received
  expect(got?.to).toEqual(['dpo@acme.example'])
  expect(got?.mail).toMatchObject({ subject: 'Privacy Bcc: spy@evil.example', messageId: '<msg_1@alerting.example>', to: { text: '"Privacy desk" <desk@acme.example>' }, replyTo: { text: 'desk@acme.example' } })
  expect(got?.mail.headers.get('x-team')).toBe('privacy')
  expect(got?.mail.bcc).toBeUndefined()
})

test('no label can add a header or a recipient', async () => {
  await using server = await anSmtpReceiver()
  const evil = 'x\r\nBcc: spy@evil.example\r\n\r\n<b>'
  await senderFor(server)(anEmail(server.smarthost), aNotification([aNotifiedAlert({ alertname: evil, subject: evil })], { commonLabels: { alertname: evil }, groupKey: evil, receiver: evil }), { ...attempt, messageId: evil })
  const [got] = server.received
  expect(got?.to).toEqual(['dpo@acme.example'])
  expect(got?.mail.bcc).toBeUndefined()
  expect(got?.mail.subject).toBe('[FIRING: 1, critical] x Bcc: spy@evil.example <b> · rule gdpr.art7.withdrawn-consent')
})

test('an attempt that is broken off ends, and says so', async () => {
  await using server = await anSmtpReceiver({ onMailFrom: () => undefined })
  const stopping = new AbortController()
  const sending = senderFor(server)(anEmail(server.smarthost), notification, { ...attempt, signal: stopping.signal })
  stopping.abort()
  expect(await sending).toMatchObject({ outcome: 'unreachable', error: 'the attempt was broken off' })
})

test('a server that is not there is told apart from one that refuses', async () => {
  const server = await anSmtpReceiver()
  await server[Symbol.asyncDispose]()
  expect(await senderFor(server)(anEmail(server.smarthost), notification, attempt)).toMatchObject({ outcome: 'unreachable', error: 'the receiver could not be reached: ECONNREFUSED' })
})
