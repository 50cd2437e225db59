import { once } from 'node:events'
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import type { ReceivedNotification } from '@ott/alert-routing/conformance/run-case'

/** Takes whatever comes to `/<receiver>/<integration>`, and remembers it with the time. */
export interface WebhookReceiver extends AsyncDisposable {
  readonly url: string
  readonly received: readonly ReceivedNotification[]
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: ReceivedNotification[] = []
  const server = createServer((request, response) => {
    const atMs = Date.now()
    const [, receiver = '', integration = ''] = (request.url ?? '').split('/')
    json(request).then(
      (body) => {
        received.push({ atMs, receiver, integration: Number(integration), alerts: (body as Pick<ReceivedNotification, 'alerts'>).alerts })
        response.end()
      },
      () => response.writeHead(400).end(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  const stop = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { url: `http://127.0.0.1:${address.port}`, received, [Symbol.asyncDispose]: stop }
}
