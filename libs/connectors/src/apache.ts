import { lineConnector, skipped, type ConnectorOptions, type LineConnector, type Reading } from './connector.ts'
import { cutTexts, ipOf, replayed } from './replayed-event.ts'

/**
 * Web requests in the common or combined log format of Apache httpd (mod_log_config, `%h %l %u %t "%r" %>s %b`
 * and then `"%{Referer}i" "%{User-agent}i"`), which nginx writes too. Fields after those are ignored.
 */
const quotedPattern = String.raw`"([^"\\]*(?:\\.[^"\\]*)*)"`
const stampPattern = String.raw`\[(\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4})\]`
const linePattern = new RegExp(
  String.raw`^(\S+) (\S+) (.+?) ${stampPattern} ${quotedPattern} (\d{3}) (\d+|-)(?: ${quotedPattern} ${quotedPattern}.*)?$`,
  's',
)

/** HTTP/0.9 had no version; a path may hold spaces that the client should have encoded. */
const requestPattern = /^([!#$%&'*+.^_`|~\w-]{1,16}) (\S.*?)(?: HTTP\/\d(?:\.\d)?)?$/s

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const months: ReadonlyMap<string, string> = new Map(monthNames.map((name, i) => [name, String(i + 1).padStart(2, '0')]))

/**
 * Reads web-server access logs. The subject is the remote address, the time the log's own with its offset.
 * Skips `blank`, `line-too-long`, `malformed` (not of the format), `no-request` (`-`: the client never sent one),
 * `malformed-request` (no HTTP method and path, as from a TLS client on a plain port) and `breaks-contract`.
 */
export function apache({ fileName }: ConnectorOptions): LineConnector {
  return lineConnector('apache', (line, lineNumber) => readRequest(line, { format: 'apache', fileName, lineNumber, entry: line }))
}

function readRequest(line: string, position: Parameters<typeof replayed>[0]): Reading {
  const match = linePattern.exec(line)
  if (match === null) return skipped('malformed')
  const [, remote = '', , , stamp = '', rawRequest = '', status = '', bytes = '', referrer, userAgent] = match
  const request = unescaped(rawRequest)
  if (request === '-' || request === '') return skipped('no-request')
  const [, method, path] = requestPattern.exec(request) ?? []
  if (method === undefined || path === undefined) return skipped('malformed-request')
  return replayed(position, {
    type: 'com.ott.api.requested.v1',
    subject: remote,
    time: rfc3339(stamp),
    data: {
      method,
      status: Number(status),
      // `-` is how %b writes "no body".
      bytes: bytes === '-' ? 0 : Number(bytes),
      ...cutTexts({ path: [path, 4_096], referrer: [present(referrer), 4_096], userAgent: [present(userAgent), 2_048] }),
      ...ipOf(remote),
    },
  })
}

/** `17/May/2015:10:05:03 +0000` as RFC 3339. A month that doesn't exist gives a time that the contract refuses. */
function rfc3339(stamp: string): string {
  const [day, month = '', year] = stamp.slice(0, 11).split('/')
  return `${year}-${months.get(month) ?? '00'}-${day}T${stamp.slice(12, 20)}${stamp.slice(21, 24)}:${stamp.slice(24, 26)}`
}

/** Httpd escapes quotes and backslashes, and writes other bytes as `\xhh`; those stay as written, since they may be no text. */
function unescaped(text: string): string {
  return text.replace(/\\(["\\])/g, '$1')
}

function present(field: string | undefined): string | undefined {
  return field === undefined || field === '-' || field === '' ? undefined : unescaped(field)
}
