import { describe, expect, test } from '@jest/globals'
import { ConnectorOptionMissing } from './connector.ts'
import { sshd } from './sshd.ts'

const reader = () => sshd({ fileName: 'auth.log', year: 2023 }).read
const said = (message: string, stamp = 'Mar  7 04:05:06') => `${stamp} gate sshd[811]: ${message}`

describe('sign-ins', () => {
  test('a failed password becomes one failed attempt of the remote address', () => {
    expect(reader()(said('Failed password for root from 192.0.2.9 port 4242 ssh2'), 1)).toMatchObject({
      kind: 'event',
      event: {
        type: 'com.ott.signin.failed.v1',
        subject: '192.0.2.9',
        time: '2023-03-07T04:05:06Z',
        source: 'urn:ott:replay:sshd',
        data: { username: 'root', method: 'password', reason: 'wrong-password', attempts: 1, ip: '192.0.2.9' },
      },
    })
  })

  test('a name the server does not know is told apart from a wrong password', () => {
    expect(reader()(said('Failed password for invalid user oracle from 2001:db8::5 port 1 ssh2'), 1)).toMatchObject({
      event: { subject: '2001:db8::5', data: { username: 'oracle', reason: 'invalid-user' } },
    })
  })

  test('a repeated message counts as often as it was repeated', () => {
    expect(reader()(said('message repeated 5 times: [ Failed password for root from 192.0.2.9 port 4242 ssh2]'), 1)).toMatchObject({
      event: { data: { attempts: 5, username: 'root' } },
    })
  })

  test.each([
    ['Accepted password for ann from 192.0.2.9 port 50 ssh2', 'password'],
    ['Accepted publickey for ann from 192.0.2.9 port 50 ssh2: RSA SHA256:abcdef', 'publickey'],
  ])('%j is a success by %s', (message, method) => {
    expect(reader()(said(message), 1)).toMatchObject({
      event: { type: 'com.ott.signin.succeeded.v1', subject: '192.0.2.9', data: { username: 'ann', method } },
    })
  })

  test('a name made to look like an address does not put the blame on another address', () => {
    const forged = 'Failed password for invalid user x from 198.51.100.1 port 22 ssh2: y from 192.0.2.9 port 50 ssh2'
    expect(reader()(said(forged), 1)).toMatchObject({ event: { subject: '192.0.2.9' } })
  })

  test('stamps with year and offset, and the newer session program, are read too', () => {
    const line = '2024-05-06T07:08:09.123456+02:00 gate sshd-session[9]: Failed password for root from 192.0.2.9 port 4 ssh2'
    expect(reader()(line, 1)).toMatchObject({ event: { time: '2024-05-06T07:08:09.123456+02:00' } })
  })
})

test.each([
  ['pam_unix(sshd:auth): check pass; user unknown', 'pam-detail'],
  ['PAM 5 more authentication failures; logname= uid=0', 'pam-detail'],
  ['Received disconnect from 192.0.2.9: 11: Bye Bye [preauth]', 'disconnect'],
  ['error: Received disconnect from 192.0.2.9: 14: No more user [preauth]', 'disconnect'],
  ['Connection closed by authenticating user root 192.0.2.9 port 5 [preauth]', 'disconnect'],
  ['Invalid user test from 192.0.2.9', 'invalid-user-notice'],
  ['input_userauth_request: invalid user test [preauth]', 'invalid-user-notice'],
  ['Did not receive identification string from 192.0.2.9', 'connection-notice'],
  ['reverse mapping checking getaddrinfo for a.example [192.0.2.9] failed - POSSIBLE BREAK-IN ATTEMPT!', 'reverse-mapping'],
  ['Failed none for invalid user a from 192.0.2.9 port 1 ssh2', 'other-method'],
  ['Failed publickey for ann from 192.0.2.9 port 1 ssh2', 'other-method'],
  ['Failed password for root from UNKNOWN port 65535 ssh2', 'no-remote-address'],
  ['Failed password for', 'unrecognised'],
  ['something new', 'unrecognised'],
])('%j is no sign-in and is skipped as %s', (message, reason) => {
  expect(reader()(said(message), 1)).toEqual({ kind: 'skipped', reason })
})

test.each([
  ['Mar  7 04:05:06 gate cron[3]: job done', 'other-program'],
  ['no syslog at all', 'malformed'],
  ['Foo  7 04:05:06 gate sshd[3]: Failed password for root from 192.0.2.9 port 1 ssh2', 'malformed'],
  ['Feb 29 04:05:06 gate sshd[3]: Failed password for root from 192.0.2.9 port 1 ssh2', 'bad-time'],
])('a line that is no message of the server is skipped with its reason: %j is %s', (line, reason) => {
  expect(reader()(line, 1)).toEqual({ kind: 'skipped', reason })
})

test('a log that crosses New Year moves on to the next year, and a straggler of the old one stays there', () => {
  const read = reader()
  const failed = 'Failed password for root from 192.0.2.9 port 4242 ssh2'
  const times = ['Dec 31 23:59:58', 'Jan  1 00:00:01', 'Dec 31 23:59:59', 'Jan  1 00:00:02', 'Feb  1 00:00:00'].map((stamp, i) => {
    const reading = read(said(failed, stamp), i + 1)
    return reading.kind === 'event' ? String(reading.event['time']).slice(0, 10) : reading.reason
  })
  expect(times).toEqual(['2023-12-31', '2024-01-01', '2023-12-31', '2024-01-01', '2024-02-01'])
})

test('no year is guessed', () => {
  expect(() => sshd({ fileName: 'auth.log' })).toThrow(ConnectorOptionMissing)
})
