import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { aBreach, anEvent, eventually, startInstallation, type Installation } from '../e2e/installation.ts'
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from './otlp-receiver.ts'
import { pathTo, printTree } from './span-tree.ts'

/** Tracing as it is switched on in earnest: every process real, told by the standard variables alone where to send to. */
let collector: OtlpReceiver | undefined
let running: Installation | undefined
beforeAll(async () => {
  collector = await startOtlpReceiver()
  running = await startInstallation({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '100',
  })
}, 120_000)
afterAll(async () => {
  await running?.stop()
  await collector?.stop()
}, 30_000)

const installation = () => {
  if (running === undefined) throw new Error('the installation did not start')
  return running
}
const spansOf = (traceId: string) => (collector?.spans ?? []).filter((span) => span.traceId === traceId)
/** A trace once these are all in it: each process sends its spans when it pleases. */
const traceWith = (traceId: string, expected: readonly (readonly string[])[]) =>
  eventually('every span of the trace', async () => {
    const found = spansOf(traceId)
    return expected.every(([name, kind]) => found.some((span) => span.name === name && span.kind === kind)) && found
  })
const traceIdOf = (digit: string) => digit.repeat(32)
const traceparentWith = (digit: string, flags = '01') => `00-${traceIdOf(digit)}-${digit.repeat(16)}-${flags}`

interface Delivered {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Routes acme's alerts to a receiver here while `work` runs. */
async function withReceiver(work: (delivered: readonly Delivered[]) => Promise<void>): Promise<void> {
  const delivered: Delivered[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      delivered.push({ headers: request.headers, body })
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { acme } = installation()
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=secret-token`
    await acme.ask('PATCH', '/v1/tenant', { webhook: { url } })
    // Alerts are routed once the change has travelled.
    let n = 0
    await eventually('a delivery', async () => {
      if (delivered.length === 0) await acme.post(aBreach(`warm-up-${n++}`))
      return delivered.length > 0
    })
    await work(delivered)
  } finally {
    await acme.ask('PATCH', '/v1/tenant', { webhook: null })
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

const hops = [
  ['POST', 'SERVER', 'edge'],
  ['POST', 'CLIENT', 'edge'],
  ['POST /v1/events', 'SERVER', 'ingest'],
  ['publish events.inbound.{tenant}.v1', 'PRODUCER', 'ingest'],
  ['process events.inbound.{tenant}.v1', 'CONSUMER', 'ingest'],
  ['process events.accepted.v1', 'CONSUMER', 'compliance'],
  ['process events.assessed.v1', 'CONSUMER', 'ml-scoring'],
  ['process events.scored.v1', 'CONSUMER', 'violation'],
  ['process violations.v1', 'CONSUMER', 'alerting'],
  ['POST webhook', 'CLIENT', 'alerting'],
]

describe('an event that breaks a rule', () => {
  test('is one trace, the caller\'s, from the edge through every stage to the webhook, each hop the child of the one before', async () => {
    await withReceiver(async (delivered) => {
      const { acme } = installation()
      const traceId = traceIdOf('a')
      const { status } = await acme.post(aBreach('traced', { subject: 'secret-viewer' }), { traceparent: traceparentWith('a') })
      expect(status).toBe(202)
      const call = await eventually('the webhook of the traced event', async () => delivered.find(({ headers }) => headers['traceparent']?.includes(traceId)))
      const spans = await traceWith(traceId, hops)
      if (process.env['OTT_PRINT_TRACE']) process.stdout.write(`${printTree(spans)}\n`)

      const webhook = spans.find(({ name, spanId }) => name === 'POST webhook' && call.headers['traceparent'] === `00-${traceId}-${spanId}-01`)
      if (webhook === undefined) throw new Error('no span is named by the traceparent that the receiver got')
      const path = pathTo(webhook, spans)
      expect(path.map(({ name, kind, service }) => [name, kind, service])).toEqual(hops)
      expect(path[0]?.parentSpanId).toBe('a'.repeat(16))
      // Each ends before its child begins to matter: a stage hands on when it has published, and waits for nobody.
      for (const [index, span] of path.entries()) expect(span.startNs >= (path[index - 1]?.startNs ?? 0n)).toBe(true)

      const stages = path.filter(({ kind }) => kind === 'CONSUMER')
      for (const span of stages) {
        expect(span.attributes).toMatchObject({
          'messaging.system': 'kafka',
          'messaging.operation.type': 'process',
          'messaging.destination.partition.id': expect.any(String),
          'messaging.kafka.offset': expect.anything(),
          'messaging.consumer.group.name': expect.stringMatching(/^stage\./),
          'ott.tenant': 'acme',
          'ott.stage': span.service,
          'ott.outcome': 'emitted',
        })
      }
      expect(webhook.attributes).toMatchObject({ 'http.request.method': 'POST', 'http.response.status_code': 204, 'server.address': '127.0.0.1' })
      // Work on the database stands below the batch that it was done for. One that began with another event is in the trace of that.
      for (const stage of stages.filter(({ service }) => ['ingest', 'violation', 'alerting'].includes(service))) {
        const statement = await eventually(`what ${stage.service} saved`, async () => {
          const all = collector?.spans ?? []
          const batch = all.find(({ name, parentSpanId, links }) => name === `batch ${stage.service}` && (parentSpanId === stage.spanId || links.includes(stage.spanId)))
          return batch && all.find(({ name, parentSpanId }) => parentSpanId === batch.spanId && name.startsWith(`insert ${stage.service}.`))
        })
        expect(statement.kind).toBe('CLIENT')
      }
      expect(spans.every(({ failed }) => !failed)).toBe(true)
    })
  }, 60_000)

  test('leaves nothing personal and no secret in what is sent', () => {
    const text = collector?.bodies.join('\n') ?? ''
    expect(text).toContain('process events.scored.v1')
    const { acme } = installation()
    const telling = ['secret-viewer', 'viewer-of-', 'secret-token', acme.apiKey, '/v1/events/', '"client.address"', '"user_agent.original"', '"url.path"', '"url.full"', '"url.query"']
    expect(telling.filter((word) => text.includes(word))).toEqual([])
  })
})

test('events of one batch stay apart: each has its own trace, and the shared work names all of them', async () => {
  const { acme } = installation()
  const digits = ['1', '2', '3', '4']
  // One viewer, so one partition: published together they are read together.
  await acme.post(digits.map((digit) => anEvent(`batched-${digit}`, { subject: 'one-viewer', traceparent: traceparentWith(digit) })))
  const last = 'process events.scored.v1'
  const traces = await Promise.all(digits.map((digit) => traceWith(traceIdOf(digit), hops.slice(3, 8))))
  for (const [index, spans] of traces.entries()) {
    const end = spans.find(({ name }) => name === last) as ReceivedSpan
    const path = pathTo(end, spans)
    expect(path.map(({ name }) => name)).toEqual(hops.slice(3, 8).map(([name]) => name))
    expect(path[0]?.parentSpanId).toBe(digits[index]?.repeat(16))
  }
  const ofIngest = traces.flat().filter(({ name }) => name === 'process events.inbound.{tenant}.v1')
  expect(ofIngest).toHaveLength(4)
  await eventually('shared work that names each of them', async () => {
    const batches = (collector?.spans ?? []).filter(({ name }) => name === 'batch ingest')
    const told = new Set(batches.flatMap(({ parentSpanId, links }) => [parentSpanId, ...links]))
    return ofIngest.every(({ spanId }) => told.has(spanId))
  })
})

test('a caller who does not keep its trace is not traced, and its trace goes on to the end all the same', async () => {
  const { acme, query } = installation()
  await acme.post(aBreach('unsampled'), { traceparent: traceparentWith('b', '00') })
  const [alert] = await eventually('the alert', async () => {
    const rows = await query<{ traceparent: string }>(`select a.traceparent from alerting.alerts a join violation.violations v on v.id = a.violation_id where v.opened_by_event = 'unsampled'`)
    return rows.length > 0 && rows
  })
  expect(alert?.traceparent).toMatch(new RegExp(`^00-${traceIdOf('b')}-[0-9a-f]{16}-00$`))
  expect(spansOf(traceIdOf('b'))).toEqual([])
})

test('an event from a topic that brought no trace begins one, and a dead letter tells why in its own', async () => {
  const { acme } = installation()
  await acme.publish(JSON.stringify(anEvent('from-topic')))
  await acme.publish('no event', { traceparent: traceparentWith('d') })
  const root = await eventually('its first span', async () =>
    collector?.spans.find(({ name, parentSpanId }) => name === 'process events.inbound.{tenant}.v1' && parentSpanId === undefined),
  )
  const spans = await traceWith(root.traceId, hops.slice(4, 8))
  expect(pathTo(spans.find(({ name }) => name === 'process events.scored.v1') as ReceivedSpan, spans)[0]).toBe(root)

  const letter = await eventually('the dead letter', async () => spansOf(traceIdOf('d')).find(({ name }) => name === 'process events.inbound.{tenant}.v1'))
  expect(letter).toMatchObject({ failed: true, attributes: { 'ott.outcome': 'dead_lettered', 'ott.reason': 'malformed', 'ott.tenant': 'acme' } })
  await eventually('its keeping', async () => spansOf(traceIdOf('d')).some(({ name }) => name === 'process dlq.ingest.v1'))
})

test('what is asked again and again in the background leaves no spans', () => {
  const roots = (collector?.spans ?? []).filter(({ parentSpanId }) => parentSpanId === undefined)
  const asked = roots.filter(({ name }) => /^(pg|begin|select|insert|update|commit)/.test(name) || /healthz|readyz|metrics/.test(name))
  expect(asked.map(({ name, service }) => `${service} ${name}`)).toEqual([])
})
