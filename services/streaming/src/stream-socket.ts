import type { IncomingMessage } from 'node:http'
import { apiKeyOf } from '@ott/auth/api-key'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import type { TenantConfiguration } from '@ott/contracts/tenant-configured'
import { Problem } from '@ott/http/problem'
import type { WebSocket } from 'ws'
import { readChannels } from './channels.ts'
import type { OnDemand } from './on-demand.ts'
import type { Listener, SocketHub } from './socket-hub.ts'
import type { Endpoint } from './socket-server.ts'

export interface StreamOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey'>
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
      const { tenantId } = authenticated(request, directory)
      const wanted = readChannels(url.searchParams.get('channels'))
      // The connection opens when the topics are read: what happens after that is shown.
      const release = wanted.everyEvent ? await everyEvent.acquire() : () => undefined
      return { open: (client) => connect(client, { tenantId, topics: wanted.topics }, hub), closed: release }
    },
  }
}

/** The tenant of a request's key; throws the 401. */
export function authenticated(request: IncomingMessage, directory: Pick<TenantDirectory, 'findByKey'>): TenantConfiguration {
  const key = apiKeyOf(request.headers)
  const tenant = key === undefined ? undefined : directory.findByKey(key)
  if (tenant === undefined) throw new Problem(401, 'unauthenticated', 'send a valid key as "x-api-key" or "authorization: Bearer"')
  return tenant
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
