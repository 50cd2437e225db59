import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startDashboard } from '@ott/dashboard/start-dashboard'
import { WebSocketServer, type WebSocket } from 'ws'

export interface Flood {
  readonly eventsPerSecond: number
  readonly violationsPerSecond: number
}

/** What the page sees of an installation that is under load: the page itself, answers that are all alike, and a flood. */
export interface FloodingInstallation extends AsyncDisposable {
  readonly url: string
  /** Events that were written to sockets. */
  sent(): number
}

const tickMs = 10

const data = {
  tenant: { id: 'flooded', name: 'Flooded', riskThreshold: 0.7 },
  violations: { nodes: [] },
  alerts: { nodes: [] },
}

/** Pushes as much as is asked for, whatever the machine's pipeline could do. The page comes from its own server. */
export async function startFloodingInstallation(flood: Flood): Promise<FloodingInstallation> {
  const page = await startDashboard({ PORT: 0, HOST: '127.0.0.1', LOG_LEVEL: 'fatal' })
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'graphql-transport-ws' })
  const server = createServer((request, response) => void answer(request, response, page.port))
  let sent = 0
  sockets.on('connection', (socket) => follow(socket, flood, (events) => (sent += events)))
  server.on('upgrade', (request, line, head) => sockets.handleUpgrade(request, line, head, (socket) => sockets.emit('connection', socket, request)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: () => sent,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await page.stop()
    },
  }
}

async function answer({ method, url = '/' }: IncomingMessage, response: ServerResponse, pagePort: number): Promise<void> {
  if (method === 'POST') return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data }))
  const asset = await fetch(`http://127.0.0.1:${pagePort}${url}`, { headers: { 'accept-encoding': 'identity' } })
  const headers = Object.fromEntries(['content-type', 'content-security-policy'].flatMap((name) => (asset.headers.has(name) ? [[name, asset.headers.get(name) ?? '']] : [])))
  response.writeHead(asset.status, headers).end(Buffer.from(await asset.arrayBuffer()))
}

function follow(socket: WebSocket, flood: Flood, count: (events: number) => void): void {
  const ids = new Map<string, string>()
  const send = (field: string, value: unknown) => {
    const id = ids.get(field)
    if (id !== undefined) socket.send(JSON.stringify({ id, type: 'next', payload: { data: { [field]: value } } }))
  }
  socket.on('message', (bytes: Buffer) => {
    const message = JSON.parse(bytes.toString()) as { type: string; id?: string; payload?: { query?: string } }
    if (message.type === 'connection_init') socket.send('{"type":"connection_ack"}')
    if (message.type === 'ping') socket.send('{"type":"pong"}')
    const field = /\{ (\w+)/.exec(message.payload?.query ?? '')?.[1]
    if (message.type === 'subscribe' && field !== undefined) ids.set(field, message.id ?? '')
  })
  const startedAtMs = performance.now()
  let [events, violations] = [0, 0]
  // As many as are due by the clock: a timer that comes late makes up for it.
  const timer = setInterval(() => {
    const seconds = (performance.now() - startedAtMs) / 1_000
    const before = events
    for (; ids.has('eventScored') && events < seconds * flood.eventsPerSecond; events++) send('eventScored', { risk: { score: (events % 97) / 97 } })
    count(events - before)
    for (; ids.has('violationOpened') && violations < seconds * flood.violationsPerSecond; violations++) {
      const id = `v-${violations}`
      send('violationOpened', { id, rule: 'r.flood', regulation: 'r', citation: 'Art. 1', severity: 'high', message: `Flood ${violations}`, openedAt: new Date().toISOString(), subject: { id: `s-${violations}` }, event: { id: `e-${violations}` } })
      send('alertChanged', { id: `a-${violations}`, violationId: id, rule: 'r.flood', severity: 'high', status: 'firing' })
    }
  }, tickMs)
  socket.on('close', () => clearInterval(timer))
  socket.on('error', () => clearInterval(timer))
}
