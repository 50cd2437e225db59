import type { AddressInfo } from 'node:net'
import { simpleParser, type ParsedMail } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { selfSignedCertificate } from './self-signed-certificate.ts'

/** A mail as the server took it. */
export interface ReceivedMail {
  readonly mail: ParsedMail
  readonly from: string
  readonly to: readonly string[]
  /** Whether it came encrypted. */
  readonly isSecure: boolean
  /** Who logged in. */
  readonly user: string | undefined
  /** The name the client greeted with. */
  readonly hello: string
}

export const smtpHost = 'smtp.test'

/** A real SMTP server on this machine, with a certificate for `smtp.test`. It takes the one login `ott` / `sEcReTpAsS`. */
export async function anSmtpReceiver(options: SMTPServerOptions = {}) {
  const { key, cert } = selfSignedCertificate(smtpHost)
  const received: ReceivedMail[] = []
  const server = new SMTPServer({
    key,
    cert,
    authOptional: true,
    logger: false,
    onAuth({ username, password }, _session, done) {
      if (username === 'ott' && password === 'sEcReTpAsS') done(null, { user: username })
      else done(Object.assign(new Error(`no login for ${username} with ${password}`), { responseCode: 535 }))
    },
    onData(stream, session, done) {
      simpleParser(stream).then((mail) => {
        const { mailFrom, rcptTo } = session.envelope
        received.push({
          mail,
          from: mailFrom === false || mailFrom === undefined ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          isSecure: session.secure,
          user: typeof session.user === 'string' ? session.user : undefined,
          hello: String(session.hostNameAppearsAs),
        })
        done()
      }, done)
    },
    ...options,
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  return {
    received,
    cert,
    smarthost: `${smtpHost}:${(server.server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
