import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { authenticate, tenantOf } from '@ott/http/authenticate'
import { Problem } from '@ott/http/problem'
import { queryText } from '@ott/http/query-text'
import { defineService } from '@ott/service/define-service'
import { standardSettings } from '@ott/service/settings'
import { Gauge } from '@ott/telemetry/metrics'
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws'
import { z } from 'zod'
import { everyEventTopics, seldomTopics } from './channels.ts'
import { createOnDemand } from './on-demand.ts'
import { createServerSentEvents } from './server-sent-events.ts'
import { createSocketHub } from './socket-hub.ts'
import { serveSockets, type SocketServer } from './socket-server.ts'
import { streamEndpoint } from './stream-socket.ts'
import { subscriptionEndpoint } from './subscriptions/subscription-endpoint.ts'
import { subscriptionSchema } from './subscriptions/subscription-schema.ts'

/** Shows a tenant's events to its clients as they happen. */
export const streaming = defineService({
  name: 'streaming',
  settings: standardSettings.extend({
    HEARTBEAT_MS: z.coerce.number().int().min(100).default(15_000),
    /** How long all events are still read after the last client that wanted them has gone. */
    FIREHOSE_LINGER_MS: z.coerce.number().int().min(0).default(30_000),
    CONNECTIONS_MAX: z.coerce.number().int().min(1).default(10_000),
    /** GraphQL subscriptions of one connection. */
    SUBSCRIPTIONS_MAX: z.coerce.number().int().min(1).default(20),
  }),
  async start({ settings, bus, tenants, scope, registry, log, fail }) {
    const directory = await tenants()
    const hub = createSocketHub()
    const follow = (topics: readonly string[]) =>
      // Every process sees every record and commits nothing: what happened while it was away is not live any more.
      bus.subscribe({
        group: `streaming.${randomUUID()}`,
        topics,
        concurrency: 4,
        pace: 'follow',
        from: 'latest',
        onFatal: fail,
        async onBatch({ records }, control) {
          for (const record of records) hub.offer(record)
          const last = records.at(-1)
          if (last !== undefined) control.advance(last.offset + 1n)
        },
      })
    const seldom = await follow(seldomTopics)
    scope.defer(() => seldom.stop())
    const everyEvent = createOnDemand(() => follow(everyEventTopics), settings.FIREHOSE_LINGER_MS)
    scope.defer(() => everyEvent.stop())

    const limits = { heartbeatMs: settings.HEARTBEAT_MS, connectionsMax: settings.CONNECTIONS_MAX }
    const schema = subscriptionSchema(await readFile(new URL('./subscriptions/schema.graphql', import.meta.url), 'utf8'), { hub, everyEvent })
    const sse = createServerSentEvents({ hub, everyEvent, ...limits })
    let sockets: SocketServer | undefined
    new Gauge({
      name: 'ott_websocket_connections_total',
      help: 'Clients connected by WebSocket.',
      registers: [registry],
      collect() {
        this.set(sockets?.size ?? 0)
      },
    })
    return {
      readiness: { topics: () => seldom.isJoined() },
      routes(app) {
        app.get('/v1/stream', authenticate(directory), () => {
          throw new Problem(426, 'invalid-request', 'this address speaks WebSocket: send an upgrade request')
        })
        app.get('/v1/stream/sse', authenticate(directory), async (request, response) => {
          await sse.open(response, tenantOf(response).tenantId, queryText(request, 'channels'))
        })
        app.get('/graphql', () => {
          throw new Problem(426, 'invalid-request', 'queries are posted; subscriptions come by WebSocket: send an upgrade request')
        })
      },
      listening({ server }) {
        sockets = serveSockets(server, {
          ...limits,
          protocols: [GRAPHQL_TRANSPORT_WS_PROTOCOL],
          endpoints: {
            '/v1/stream': streamEndpoint({ directory, hub, everyEvent }),
            '/graphql': subscriptionEndpoint({ directory, schema, log, subscriptionsMax: settings.SUBSCRIPTIONS_MAX }),
          },
        })
        const serving = sockets
        scope.defer(() => {
          sse.stop()
          return serving.stop()
        })
      },
    }
  },
})
