import { afterEach, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const cleanUps: (() => unknown)[] = []
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp()
})

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUps.push(() => server.close())
  return (server.address() as AddressInfo).port
}

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
}
interface Traces {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[]
}

const [traceId, callerSpan] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']

test('with a collector the edge is a part of the trace that its caller began and its service goes on with; probes are in none', async () => {
  const spans: Span[] = []
  const collector = await serve((request, response) => {
    void json(request).then((traces) => {
      spans.push(...(traces as Traces).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)))
      response.end('{}')
    })
  })
  const seen: string[] = []
  const probed = Promise.withResolvers<string>()
  const service = await serve((request, response) => {
    if (request.url === '/readyz') probed.resolve(String(request.headers['traceparent']))
    else seen.push(String(request.headers['traceparent']))
    response.end()
  })
  // As the launcher starts a program when OTEL_EXPORTER_OTLP_ENDPOINT is set.
  const instrumented = ['--import=@ott/telemetry/register']
  const edge = spawn(process.execPath, [...instrumented, 'deployment/edge/src/main.ts'], {
    cwd: root,
    env: {
      ...{ PATH: process.env['PATH'], EDGE_PORT: '0', SERVICE_PORT_BASE: String(service - 5), OTEL_SERVICE_NAME: 'edge' },
      ...{ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector}`, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
      ...{ OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_BSP_SCHEDULE_DELAY: '50' },
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  cleanUps.push(() => edge.kill('SIGKILL'))
  const line = await new Promise((resolve) => edge.stdout.once('data', resolve))
  await fetch(`${(JSON.parse(String(line)) as { url: string }).url}/v1/alerts`, { headers: { traceparent: `00-${traceId}-${callerSpan}-01` } })
  // The probe's trace must not have begun: its flags say that nobody records it.
  expect(await probed.promise).toMatch(/-00$/)
  const spanOf = (spanId: string) => spans.find((span) => span.spanId === spanId)
  for (let tries = 0; tries < 100 && !spans.some(({ parentSpanId }) => parentSpanId === callerSpan); tries += 1) await delay(50)
  const [, trace, sent, flags] = seen[0]?.split('-') ?? []
  expect([trace, flags]).toEqual([traceId, '01'])
  // From the span the service was told back to the caller's, all of them the edge's own.
  let span = spanOf(sent ?? '')
  for (let hops = 0; hops < 5 && span?.parentSpanId !== callerSpan; hops += 1) span = spanOf(span?.parentSpanId ?? '')
  expect(span).toMatchObject({ traceId, parentSpanId: callerSpan })
  expect(spans.every((each) => each.traceId === traceId)).toBe(true)
}, 30_000)
