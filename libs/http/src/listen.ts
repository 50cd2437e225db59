import { createServer, type Server } from 'node:http'
import type { Express } from 'express'

export interface Listening {
  readonly port: number
  readonly server: Server
  /** Takes no new requests, lets those in work finish for up to five seconds. */
  stop(): Promise<void>
}

/** The address can't be listened on; the message is one sentence for the person who started the process. */
export class ListenError extends Error {
  override name = 'ListenError'
}

const stopMsMax = 5_000

/** Serves an app; bounded in header size, header time and request time. */
export async function listen(app: Express, { host, port }: { host: string; port: number }): Promise<Listening> {
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: 65_000, maxHeaderSize: 16_384 }, app)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new ListenError(error.code === 'EADDRINUSE' ? `port ${port} is taken by another process` : `can't listen on ${host}:${port}: ${error.message}`))
    })
    server.listen(port, host, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    server,
    stop: () =>
      new Promise((resolve) => {
        // A connection whose request was in work turns idle only later, and would be kept alive.
        const sweep = setInterval(() => server.closeIdleConnections(), 50)
        const deadline = setTimeout(() => server.closeAllConnections(), stopMsMax)
        server.close(() => {
          clearInterval(sweep)
          clearTimeout(deadline)
          resolve()
        })
        server.closeIdleConnections()
      }),
  }
}
