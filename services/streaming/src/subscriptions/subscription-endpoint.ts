import { apiKeyOf } from '@ott/auth/api-key'
import type { TenantDirectory } from '@ott/auth/tenant-directory'
import { authenticatedTenant } from '@ott/http/authenticate'
import type { Logger } from '@ott/telemetry/logger'
import { GraphQLError, type GraphQLSchema } from 'graphql'
import { CloseCode, makeServer, type Context } from 'graphql-ws'
import type { WebSocket } from 'ws'
import type { Endpoint } from '../socket-server.ts'
import type { SubscriptionContext } from './subscription-schema.ts'

export interface SubscriptionOptions {
  readonly directory: Pick<TenantDirectory, 'findByKey' | 'isCaughtUp'>
  readonly schema: GraphQLSchema
  readonly log: Logger
  /** Subscriptions one connection may have at a time. */
  readonly subscriptionsMax: number
}

/** Who is at the other end; nobody until the connection is initialised. */
interface Peer {
  readonly client: WebSocket
  tenantId: string | undefined
}

const initWaitMsMax = 5_000
const textLengthMax = 10_000

/**
 * `WS /graphql`: subscriptions by the graphql-transport-ws protocol. The key comes with the upgrade, as for REST, or,
 * since a browser can't send headers there, in the payload of `connection_init` as `x-api-key` or `authorization`.
 */
export function subscriptionEndpoint({ directory, schema, log, subscriptionsMax }: SubscriptionOptions): Endpoint {
  const server = makeServer<Record<string, unknown>, Peer>({
    schema,
    connectionInitWaitTimeout: initWaitMsMax,
    onConnect({ extra, connectionParams }) {
      extra.tenantId ??= directory.findByKey(apiKeyOf(headersOf(connectionParams)) ?? '')?.tenantId
      return extra.tenantId !== undefined
    },
    onSubscribe({ subscriptions }, _id, { query }) {
      if (query.length > textLengthMax) return [new GraphQLError(`a subscription has ${textLengthMax} characters at most`)]
      if (Object.keys(subscriptions).length > subscriptionsMax) return [new GraphQLError(`a connection has ${subscriptionsMax} subscriptions at most`)]
      return undefined
    },
    context: ({ extra }: Context<Record<string, unknown>, Peer>): SubscriptionContext => ({
      tenantId: extra.tenantId ?? '',
      dropSlow: () => extra.client.close(1013, 'reads too slowly'),
    }),
  })
  return {
    admit(request) {
      const hasKey = apiKeyOf(request.headers) !== undefined
      const tenantId = hasKey ? authenticatedTenant(request.headers, directory).tenantId : undefined
      return { open: (client) => speak(client, { client, tenantId }) }
    },
  }

  function speak(client: WebSocket, peer: Peer): void {
    const closed = server.opened(
      {
        protocol: client.protocol,
        // Settles when it is written out: a subscription isn't asked for more before that, so what a slow client leaves waits in its queue.
        send: (text) => new Promise((resolve, reject) => client.send(text, (error) => (error ? reject(error) : resolve()))),
        close: (code, reason) => client.close(code, reason),
        onMessage: (take) =>
          client.on('message', (data: Buffer) => {
            take(data.toString()).catch((error: unknown) => {
              log.error({ error: error instanceof Error ? error.message : String(error) }, 'a subscription failed')
              client.close(CloseCode.InternalServerError, 'an unforeseen error; it was logged')
            })
          }),
      },
      peer,
    )
    client.once('close', (code, reason) => void closed(code, reason.toString()))
  }
}

function headersOf(params: Readonly<Record<string, unknown>> | undefined): Record<string, string> {
  const entries = Object.entries(params ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]))
}
