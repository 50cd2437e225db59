import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SafeRequest } from '../src/deliveries/safe-request.ts'

/** What a receiver got. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A service on this machine that answers as `answer` says; `undefined`: never. */
export async function anHttpReceiver(answer: (received: Received) => Answer | undefined) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const got = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() }
      received.push(got)
      const { status, headers = {}, body = '' } = answer(got) ?? { status: 0 }
      if (status !== 0) response.writeHead(status, headers).end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    received,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A client without a guard: receivers of tests are on this machine. */
export const plainRequest: SafeRequest = async ({ url, method, headers, body, timeoutMs, signal }) => {
  const limits = [AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]
  const response = await fetch(url, { method, headers, body, redirect: 'manual', signal: AbortSignal.any(limits) })
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text(), redirectsInside: false }
}
