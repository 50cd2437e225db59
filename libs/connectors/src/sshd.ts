import {
  ConnectorOptionMissing,
  lineConnector,
  skipped,
  type ConnectorOptions,
  type LineConnector,
  type Reading,
} from './connector.ts'
import { cutTexts, ipOf, replayed } from './replayed-event.ts'

/** `Dec 10 06:55:46 host sshd[24200]: …` (RFC 3164) or `2026-12-10T06:55:46.123+01:00 host sshd[24200]: …` (RFC 5424 stamps). */
const shortStamp = String.raw`([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d{2}:\d{2}:\d{2})`
const fullStamp = String.raw`(\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))`
const linePattern = new RegExp(String.raw`^(?:<\d{1,3}>)?(?:${shortStamp}|${fullStamp}) (\S+) ([^\s:[]+)(?:\[\d+\])?: (.*)$`, 's')

/** From OpenSSH 9.8 on, sessions are a program of their own. */
const programs: ReadonlySet<string> = new Set(['sshd', 'sshd-session', 'sshd-auth'])

const repeatedPattern = /^message repeated (\d{1,9}) times: \[ ?(.*?)\]?$/s

/**
 * The name comes from the client and may itself read like `x from 192.0.2.1 port 22`: the *last* `from … port` is
 * the server's own word, which is why the name is matched greedily and the end is anchored.
 */
const signInPattern =
  /^(Failed|Accepted) (\S+) for ((?:invalid|illegal) user )?(.*) from (\S+) port \d{1,5}(?: ssh\d?)?(?:: .*)?$/s

/** Methods in which a person gives a password. A client tries `none` and its keys before that; those failures mean nothing. */
const passwordMethods: ReadonlySet<string> = new Set(['password', 'keyboard-interactive/pam'])

const otherMessages: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^(?:pam_|PAM )/, 'pam-detail'],
  [/^(?:Invalid|Illegal) user|^input_userauth_request:/, 'invalid-user-notice'],
  [/reverse mapping|^Address \S+ maps to|^Nasty PTR record/, 'reverse-mapping'],
  [/^(?:error: |fatal: )?(?:Received disconnect|Disconnect|Connection (?:closed|reset))/, 'disconnect'],
  [/^(?:error: |fatal: )?(?:Timeout, client|Write failed|Read error)/, 'disconnect'],
  [/^Connection from|^Did not receive identification|^Bad (?:protocol|packet)|^Protocol major/, 'connection-notice'],
  [/^Server listening|^Starting session/, 'connection-notice'],
  [/^(?:error: |fatal: )?(?:kex_|banner |Unable to negotiate|ssh_dispatch|no matching)/, 'connection-notice'],
  [/maximum authentication attempts exceeded|[Tt]oo many authentication failures/, 'attempts-exceeded-notice'],
  [/^(?:Failed|Postponed|Partial) (?!password )\S+ for/, 'other-method'],
  [/^User \S* (?:from \S+ )?not allowed/, 'not-allowed-notice'],
]

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/**
 * Reads what OpenSSH's server writes to syslog: failed and accepted sign-ins. The subject is the remote address.
 * Stamps without an offset are taken for UTC; `options.year` is the year of the first line, and a December followed
 * by an early month moves on to the next one, which is all the memory it keeps between lines.
 * Skips `malformed` (no syslog line), `bad-time`, `other-program`, and messages that are no sign-in by their kind:
 * `pam-detail`, `disconnect`, `invalid-user-notice`, `connection-notice`, `reverse-mapping`, `other-method`,
 * `no-remote-address`, `attempts-exceeded-notice`, `not-allowed-notice`, `unrecognised`.
 * @throws ConnectorOptionMissing without a year
 */
export function sshd({ fileName, year: firstYear }: ConnectorOptions): LineConnector {
  if (firstYear === undefined) throw new ConnectorOptionMissing('sshd logs leave out the year: say which one the log begins in')
  const yearOf = trackYear(firstYear)
  return lineConnector('sshd', (line, lineNumber) => {
    const match = linePattern.exec(line)
    if (match === null) return skipped('malformed')
    const [, monthName, day = '', clock = '', fullTime, , program = '', message = ''] = match
    const month = monthName === undefined ? undefined : months.indexOf(monthName)
    if (month === -1) return skipped('malformed')
    if (!programs.has(program)) return skipped('other-program')
    const time = fullTime ?? `${yearOf(month ?? 0)}-${twoDigits((month ?? 0) + 1)}-${day.padStart(2, '0')}T${clock}Z`
    return readMessage(message, time, { format: 'sshd', fileName, lineNumber, entry: line })
  })
}

function readMessage(message: string, time: string, position: Parameters<typeof replayed>[0]): Reading {
  // Syslog writes the first of several equal messages itself and then how many *more* there were.
  const [, times, repeated] = repeatedPattern.exec(message) ?? []
  const said = repeated ?? message
  const [, outcome, method = '', unknownUser, username = '', remote = ''] = signInPattern.exec(said) ?? []
  if (outcome === undefined) return skipped(otherMessages.find(([pattern]) => pattern.test(said))?.[1] ?? 'unrecognised')
  if (outcome === 'Failed' && !passwordMethods.has(method)) return skipped('other-method')
  // The socket was gone before the server could ask who is at its other end.
  if (remote === 'UNKNOWN') return skipped('no-remote-address')

  const about = { ...cutTexts({ username: [username === '' ? undefined : username, 256], method: [method, 64] }), ...ipOf(remote) }
  const reading =
    outcome === 'Accepted'
      ? replayed(position, { type: 'com.ott.signin.succeeded.v1', subject: remote, time, data: about })
      : replayed(position, {
          type: 'com.ott.signin.failed.v1',
          subject: remote,
          time,
          data: {
            ...about,
            reason: unknownUser === undefined ? 'wrong-password' : 'invalid-user',
            attempts: times === undefined ? 1 : Number(times),
          },
        })
  return reading.kind === 'skipped' && reading.field === 'time' ? skipped('bad-time') : reading
}

/** The year of each line in turn: a step back of half a year or more is a new year, anything less is disorder. */
function trackYear(firstYear: number): (month: number) => string {
  let year = firstYear
  let lastMonth: number | undefined
  return (month) => {
    if (lastMonth !== undefined && lastMonth - month >= 6) year += 1
    else if (lastMonth === 0 && month === 11 && year > firstYear) {
      // A straggler of the old year just after midnight: it has no say in what follows.
      return fourDigits(year - 1)
    }
    lastMonth = month
    return fourDigits(year)
  }
}

const twoDigits = (value: number) => String(value).padStart(2, '0')
const fourDigits = (value: number) => String(value).padStart(4, '0')
