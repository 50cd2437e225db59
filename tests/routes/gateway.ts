import { readFileSync } from 'node:fs'
import { request, type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { fileURLToPath } from 'node:url'
import { startEdge } from '@ott/edge/edge'
import { readKongDeclaration, type KongDeclaration } from '@ott/edge/kong-declaration'
import { WebSocket, type RawData } from 'ws'
import { startStubService, type StubService } from './stub-service.ts'

/** kong.yml as the edge reads it. */
export const declaration: KongDeclaration = readKongDeclaration(fileURLToPath(new URL('../../kong/kong.yml', import.meta.url)))

/** Address of a running gateway to try instead of the edge, from KONG_PROXY_URL. */
export const gatewayInFrontOfPipeline = process.env['KONG_PROXY_URL']?.replace(/\/$/, '') || undefined

/** What stands in front of the services while the suite runs. */
export interface Gateway {
  readonly url: string
  /** A key that the services behind it accept. */
  readonly apiKey: string
  /** Whether stubs stand behind it, which tell what they received, or the running pipeline. */
  readonly stubbed: boolean
  stop(): Promise<void>
}

/** The gateway named by KONG_PROXY_URL before the running pipeline, or else the local edge before stubs. */
export async function openGateway(): Promise<Gateway> {
  if (gatewayInFrontOfPipeline !== undefined) {
    return { url: gatewayInFrontOfPipeline, apiKey: apiKeyFromEnvironment(), stubbed: false, stop: async () => {} }
  }
  const stubs = new Map<string, StubService>()
  for (const { name } of declaration.services) stubs.set(name, await startStubService(name))
  const edge = await edgeBefore((host) => stubs.get(host)?.port)
  return {
    url: edge.url,
    apiKey: 'stub-key',
    stubbed: true,
    async stop() {
      await edge.stop()
      await Promise.all([...stubs.values()].map((stub) => stub.stop()))
    },
  }
}

/** The edge with the repository's kong.yml, or a change of it. A service without a port is one that is down. */
export function edgeBefore(portOf: (serviceHost: string) => number | undefined, declared = declaration) {
  // Port 1 (tcpmux) needs privileges and has no listener: connecting is refused.
  const addressOf = (serviceHost: string) => ({ host: '127.0.0.1', port: portOf(serviceHost) ?? 1 })
  return startEdge({ declaration: declared, port: 0, host: '127.0.0.1', addressOf, log: () => {} })
}

function apiKeyFromEnvironment(): string {
  const given = process.env['OTT_API_KEY']
  if (given !== undefined && given !== '') return given
  const file = process.env['OTT_CREDENTIALS'] ?? fileURLToPath(new URL('../../.data/credentials.json', import.meta.url))
  try {
    const credentials = JSON.parse(readFileSync(file, 'utf8')) as { acme: { apiKey: string } }
    return credentials.acme.apiKey
  } catch (error) {
    const wanted = 'set OTT_API_KEY, or OTT_CREDENTIALS to a file like {"acme": {"apiKey": "…"}}'
    throw new Error(`KONG_PROXY_URL is set, so a key is needed: ${wanted}`, { cause: error })
  }
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** One request, as it takes to reach a route. */
export interface Asked {
  readonly method: string
  /** Sent byte for byte: `fetch` would resolve `..` before sending. */
  readonly path: string
  readonly body?: unknown
  readonly upgrade?: true
  readonly subprotocol?: string
  /** Left after the first bytes, which are the answer's body. */
  readonly endless?: true
}

/** Asks over HTTP, or opens a WebSocket and closes it again: then a status of 101 has no body. */
export function ask(gatewayUrl: string, asked: Asked, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
  return asked.upgrade ? askForSocket(gatewayUrl, asked, headers) : askOverHttp(gatewayUrl, asked, headers)
}

function askOverHttp(gatewayUrl: string, { method, path, body, endless }: Asked, headers: OutgoingHttpHeaders): Promise<Answer> {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const content = text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(gatewayUrl)
    const outgoing = request({ hostname, port, method, path, headers: { ...content, ...headers }, agent: false }, (answer) => {
      const isStream = endless && answer.statusCode === 200
      const reading = isStream ? firstBytes(answer).finally(() => outgoing.destroy()) : readBody(answer)
      reading.then((read) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: read }), reject)
    })
    outgoing.on('error', reject).end(text)
  })
}

async function askForSocket(gatewayUrl: string, { path, subprotocol }: Asked, headers: OutgoingHttpHeaders): Promise<Answer> {
  const socket = openSocket(gatewayUrl, path, headers, subprotocol)
  return new Promise((resolve, reject) => {
    let handshake: IncomingMessage | undefined
    socket.on('upgrade', (answer) => (handshake = answer))
    socket.on('open', () => {
      resolve({ status: 101, headers: handshake?.headers ?? {}, body: '' })
      socket.close()
    })
    socket.on('unexpected-response', (_request, answer) => {
      // Nobody else closes it: it has no agent, and the gateway may keep it open.
      const connection = answer.socket
      readBody(answer)
        .then((body) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }), reject)
        .finally(() => connection.destroy())
    })
    socket.on('error', reject)
  })
}

/** A WebSocket through the gateway. */
export function openSocket(gatewayUrl: string, path: string, headers: OutgoingHttpHeaders, subprotocol?: string): WebSocket {
  const url = `${gatewayUrl.replace(/^http/, 'ws')}${path}`
  return new WebSocket(url, subprotocol === undefined ? [] : [subprotocol], { headers: headers as Record<string, string> })
}

/** The next messages of a socket, as text. Ask before they can arrive. */
export function nextMessages(socket: WebSocket, count: number): Promise<string[]> {
  const messages: string[] = []
  return new Promise((resolve, reject) => {
    socket.on('message', (data: RawData) => {
      messages.push(String(data))
      if (messages.length === count) resolve(messages)
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`the socket closed after ${messages.length} of ${count} messages`)))
  })
}

async function firstBytes(message: IncomingMessage): Promise<string> {
  for await (const chunk of message) return String(chunk)
  return ''
}

async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
