import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** As much of S3 as a store of artefacts needs, and the faults of one. It checks the hash of bodies, and no signatures. */
export interface S3StandIn extends AsyncDisposable {
  readonly endpoint: string
  readonly objects: Map<string, Buffer>
  readonly requests: { readonly method: string; readonly url: string; readonly headers: IncomingMessage['headers'] }[]
  /** Answers so many requests with this status before it works again; 0 cuts the connection, -1 never answers. */
  failNext(times: number, status: number): void
}

export async function anS3StandIn(): Promise<S3StandIn> {
  const objects = new Map<string, Buffer>()
  const requests: S3StandIn['requests'] = []
  let failing = { times: 0, status: 500 }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers } = request
    requests.push({ method, url, headers })
    if (failing.times > 0) {
      failing.times--
      if (failing.status === 0) request.socket.destroy()
      else if (failing.status > 0) response.writeHead(failing.status).end('<Error><Code>secret-of-the-server</Code></Error>')
      return
    }
    if (method === 'PUT') {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const body = Buffer.concat(chunks)
      if (createHash('sha256').update(body).digest('hex') !== headers['x-amz-content-sha256']) return response.writeHead(400).end()
      objects.set(url, body)
      return response.writeHead(200).end()
    }
    const found = objects.get(url)
    return found === undefined ? response.writeHead(404).end() : response.writeHead(200).end(found)
  }
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    requests,
    failNext(times, status) {
      failing = { times, status }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
