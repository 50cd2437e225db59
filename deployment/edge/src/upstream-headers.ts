import type { IncomingHttpHeaders } from 'node:http'

const hopByHop = ['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'te', 'trailer', 'upgrade']

/** What a service is told about the connection a request came in on. */
export interface Forwarding {
  /** Address of the peer, as the socket gives it. */
  readonly remoteAddress: string
  /** What the plugins tell the service; undefined takes a header away. */
  readonly told: Readonly<Record<string, string | undefined>>
  /** The path as the caller wrote it. */
  readonly writtenPath: string
  /** Name and port of the service as kong.yml declares them: with `preserve_host: false` that is the Host it sees. */
  readonly upstreamHost: string
  /** Port the edge listens on. */
  readonly edgePort: number
  readonly webSocket: boolean
}

/**
 * The headers a service receives: the caller's, less what belongs to the caller's connection (RFC 9110 §7.6.1) and with
 * X-Forwarded-* as Kong sets them when no proxy is trusted (its default): a caller may prolong X-Forwarded-For but claim
 * nothing else about itself.
 */
export function upstreamHeaders(received: IncomingHttpHeaders, forwarding: Forwarding): IncomingHttpHeaders {
  const headers: IncomingHttpHeaders = { ...received }
  for (const name of [...hopByHop, ...namesIn(received.connection), 'expect', 'x-forwarded-prefix']) delete headers[name]
  const { host, port } = splitAuthority(received.host)
  headers.host = forwarding.upstreamHost
  headers.connection = forwarding.webSocket ? 'keep-alive, Upgrade' : 'keep-alive'
  if (forwarding.webSocket) headers.upgrade = 'websocket'
  headers.via = [received.via, '1.1 ott-edge'].filter(Boolean).join(', ')
  headers['x-forwarded-for'] = [received['x-forwarded-for'], forwarding.remoteAddress].filter(Boolean).join(', ')
  headers['x-forwarded-proto'] = 'http'
  headers['x-forwarded-host'] = host
  headers['x-forwarded-port'] = port ?? String(forwarding.edgePort)
  headers['x-forwarded-path'] = forwarding.writtenPath
  headers['x-real-ip'] = forwarding.remoteAddress
  for (const [name, value] of Object.entries(forwarding.told)) {
    if (value === undefined) delete headers[name]
    else headers[name] = value
  }
  return headers
}

/** Takes the headers that belong to the edge's connection with a service out of its answer. */
export function dropConnectionHeaders(headers: IncomingHttpHeaders): void {
  for (const name of [...hopByHop, ...namesIn(headers.connection)]) delete headers[name]
}

function namesIn(connection: string | undefined): string[] {
  // Content framing is the library's business, whatever a Connection header says of it.
  const framing = ['', 'transfer-encoding', 'content-length', 'host']
  return (connection ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => !framing.includes(name))
}

function splitAuthority(authority: string | undefined): { host: string; port: string | undefined } {
  const parts = /^(.*?)(?::([0-9]+))?$/.exec(authority ?? '')
  return { host: parts?.[1] ?? '', port: parts?.[2] }
}
