import { isBuiltin } from 'node:module'
import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node'
import { isTracingSuppressed } from '@opentelemetry/core'
import { context, type Attributes } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { register as hookModules } from 'import-in-the-middle/register-hooks.mjs'
import { flushSpans } from './tracing.ts'

/**
 * What the SDK is told where nobody says otherwise, by the standard's own names.
 * Kafka has spans of our own (one an event, where the client knows only batches), and files, names and sockets are noise.
 */
const defaults: Readonly<Record<string, string>> = {
  OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,undici,express,pg,graphql',
  // What runs where; the others ask clouds for it, or tell command lines.
  OTEL_NODE_RESOURCE_DETECTORS: 'env,host,serviceinstance',
  // Baggage is whatever a caller likes to send, and would be handed on to receivers.
  OTEL_PROPAGATORS: 'tracecontext',
  OTEL_LOG_LEVEL: 'error',
}

/** Asked every few seconds by whoever watches; they say nothing of an event. */
const watched: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics'])

/**
 * Never told: a path can hold an event's id, a query what was searched for, a receiver's address its password, and an
 * address of the network names a person. The route's pattern says where a request went.
 */
const untold: Attributes = {
  'client.address': undefined,
  'network.peer.address': undefined,
  'network.peer.port': undefined,
  'url.full': undefined,
  'url.path': undefined,
  'url.query': undefined,
  'user_agent.original': undefined,
}

interface WithModules {
  getModuleDefinitions(): readonly { readonly name: string }[]
}

/** Starts OpenTelemetry from the standard environment variables. Must come before what it instruments is loaded. */
export function startTracing(environment: NodeJS.ProcessEnv, program: string | undefined): void {
  for (const [name, value] of Object.entries(defaults)) environment[name] ||= value
  environment['OTEL_SERVICE_NAME'] ||= serviceNameOf(program)
  const instrumentations = getNodeAutoInstrumentations({
    '@opentelemetry/instrumentation-http': {
      ignoreIncomingRequestHook: ({ url }) => watched.has(url?.split('?', 1)[0] ?? ''),
      startIncomingSpanHook: () => untold,
      startOutgoingSpanHook: () => untold,
      requireParentforOutgoingSpans: true,
    },
    '@opentelemetry/instrumentation-undici': {
      requireParentforSpans: true,
      // A webhook has a span of its own, which doesn't tell the receiver's whole address.
      ignoreRequestHook: () => isTracingSuppressed(context.active()),
      startSpanHook: () => untold,
    },
    // Only for the route in the name of the request's span.
    '@opentelemetry/instrumentation-express': { ignoreLayersType: ['middleware', 'router', 'request_handler'] as never },
    // What is asked for now and then in the background belongs to no event.
    '@opentelemetry/instrumentation-pg': { requireParentSpan: true, ignoreConnectSpans: true, requestHook: (span, { query }) => void span.updateName(statementName(query.text)) },
    '@opentelemetry/instrumentation-graphql': { ignoreResolveSpans: true },
  })
  const hooked = (instrumentations as unknown as readonly WithModules[]).flatMap((one) => one.getModuleDefinitions().map(({ name }) => name))
  hookModules({ include: [...hooked, ...hooked.filter(isBuiltin).map((name) => `node:${name}`)] })
  // Metrics are asked for at /metrics, and logs go to standard output.
  new NodeSDK({ instrumentations, metricReaders: [], logRecordProcessors: [] }).start()
  process.once('SIGTERM', () => void flushSpans())
  process.once('disconnect', () => void flushSpans())
}

/** `insert violation.evidence`: what a statement does to which table. Prepared ones would go by a name that says nothing. */
export function statementName(text: string): string {
  const verb = /^[\s(]*(?:with\b[^]*?\)\s*)?(\w+)/.exec(text)?.[1]?.toLowerCase() ?? 'statement'
  const table = /\b(?:into|update|from|join)\s+([a-z_]+\.[a-z_]+)/i.exec(text)?.[1]
  return table === undefined ? verb : `${verb} ${table}`
}

/** `…/services/ingest/src/main.ts` → `ingest`. */
function serviceNameOf(program: string | undefined): string {
  return /([\w-]+)\/src\/[\w-]+\.ts$/.exec(program ?? '')?.[1] ?? 'ott'
}
