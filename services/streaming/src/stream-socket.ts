import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { authenticatedTenant } from '@ott/http/authenticate'
import type { WebSocket } from 'ws'
import { readChannels } from './channels.ts'
import type { OnDemand } from './on-demand.ts'
import type { Listener, SocketHub } from './socket-hub.ts'
import type { Endpoint } from './socket-server.ts'

export interface StreamOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'isCaughtUp'>
  readonly hub: SocketHub
  /** Reading the topics through which every event passes. */
  readonly everyEvent: OnDemand
}

/**
 * `WS /v1/stream`: a tenant's events as they leave the stages, one JSON text a message: `{"topic": …, "event": …}`.
 * `?channels=violations,alerts` narrows it. Clients only listen: what they send is bounded and ignored.
 */
export function streamEndpoint({ directory, hub, everyEvent }: StreamOptions): Endpoint {
  return {
    async admit(request, url) {
      const { tenantId } = authenticatedTenant(request.headers, directory)
      const wanted = readChannels(url.searchParams.get('channels'))
      // The connection opens when the topics are read: what happens after that is shown.
      const release = wanted.everyEvent ? await everyEvent.acquire() : () => undefined
      return { open: (client) => connect(client, { tenantId, topics: wanted.topics }, hub), closed: release }
    },
  }
}

function connect(client: WebSocket, who: Pick<Listener, 'tenantId' | 'topics'>, hub: SocketHub): void {
  const listener: Listener = {
    ...who,
    bufferedBytes: () => client.bufferedAmount,
    take: (passing) => client.send(passing.text()),
    dropSlow: () => client.close(1013, 'reads too slowly'),
  }
  hub.add(listener)
  client.on('close', () => hub.remove(listener))
}
