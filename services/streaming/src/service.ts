import { randomUUID } from 'node:crypto'
import { alertChanged } from '@ott/contracts/alert-changed'
import { eventAccepted } from '@ott/contracts/event-accepted'
import { eventScored } from '@ott/contracts/event-scored'
import { violationOpened } from '@ott/contracts/violation-opened'
import { authenticate } from '@ott/http/authenticate'
import { Problem } from '@ott/http/problem'
import { defineService } from '@ott/service/define-service'
import { standardSettings } from '@ott/service/settings'
import { Gauge } from '@ott/telemetry/metrics'
import { z } from 'zod'
import { createOnDemand } from './on-demand.ts'
import { createSocketHub } from './socket-hub.ts'
import { serveStream } from './stream-socket.ts'

const channels = {
  accepted: eventAccepted.topic,
  scored: eventScored.topic,
  violations: violationOpened.topic,
  alerts: alertChanged.topic,
} as const

/** Shows a tenant's events to its clients as they happen. */
export const streaming = defineService({
  name: 'streaming',
  settings: standardSettings.extend({
    HEARTBEAT_MS: z.coerce.number().int().min(100).default(15_000),
    /** How long all events are still read after the last client that wanted them has gone. */
    FIREHOSE_LINGER_MS: z.coerce.number().int().min(0).default(30_000),
    CONNECTIONS_MAX: z.coerce.number().int().min(1).default(10_000),
  }),
  async start({ settings, bus, tenants, scope, registry, fail }) {
    const directory = await tenants()
    const hub = createSocketHub()
    new Gauge({
      name: 'ott_websocket_connections_total',
      help: 'Clients connected to the stream.',
      registers: [registry],
      collect() {
        this.set(hub.size)
      },
    })
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
    const seldom = await follow([violationOpened.topic, alertChanged.topic])
    scope.defer(() => seldom.stop())
    // Every event passes through these: they are read only while somebody wants to see them.
    const everyEvent = createOnDemand(() => follow([eventAccepted.topic, eventScored.topic]), settings.FIREHOSE_LINGER_MS)
    scope.defer(() => everyEvent.stop())
    return {
      readiness: { topics: () => seldom.isJoined() },
      routes(app) {
        app.get('/v1/stream', authenticate(directory), () => {
          throw new Problem(426, 'invalid-request', 'this address speaks WebSocket: send an upgrade request')
        })
      },
      listening({ server }) {
        const stream = serveStream(server, { directory, hub, channels, everyEvent, heartbeatMs: settings.HEARTBEAT_MS, connectionsMax: settings.CONNECTIONS_MAX })
        scope.defer(() => stream.stop())
      },
    }
  },
})
