/** One request that a route of kong.yml must take. Written once for both modes: see routes.test.ts. */
export interface RoutedRow {
  /** Name in kong.yml. */
  readonly route: string
  readonly service: string
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** As sent, byte for byte. */
  readonly path: string
  /** As the service receives it, where that differs. */
  readonly arrivesAs?: string
  /** Sent as JSON. */
  readonly body?: unknown
  /** Asks for a WebSocket, of this subprotocol if there is one. */
  readonly upgrade?: true
  readonly subprotocol?: string
  /** The answer goes on until somebody leaves. */
  readonly endless?: true
  /** What the real service answers a caller with a valid key. */
  readonly withKey: number
  /** Needs no key: what is at stake is asked for later, or nothing is. */
  readonly isOpen?: true
}

/** What every service answers a caller without a key: 401 as problem details. Kong itself would answer plain JSON. */
export const withoutKey = 401

export const routedRows: readonly RoutedRow[] = [
  { route: 'events-post', service: 'ingest', method: 'POST', path: '/v1/events', body: {}, withKey: 400 },
  { route: 'ledger-get', service: 'ingest', method: 'GET', path: '/v1/ledger', withKey: 200 },
  { route: 'dead-letters-list', service: 'ingest', method: 'GET', path: '/v1/dead-letters', withKey: 200 },
  { route: 'dead-letters-list', service: 'ingest', method: 'GET', path: '/v1/dead-letters?limit=1', withKey: 200 },
  { route: 'attack-findings-list', service: 'ingest', method: 'GET', path: '/v1/attack-findings', withKey: 200 },
  { route: 'dead-letters-redrive', service: 'ingest', method: 'POST', path: '/v1/dead-letters:redrive', body: {}, withKey: 400 },
  { route: 'event-get', service: 'violation', method: 'GET', path: '/v1/events/none', withKey: 404 },
  { route: 'event-decision-get', service: 'compliance', method: 'GET', path: '/v1/events/none/decision', withKey: 404 },
  { route: 'rules-test', service: 'compliance', method: 'POST', path: '/v1/rules:test', body: {}, withKey: 400 },
  { route: 'regulations-list', service: 'compliance', method: 'GET', path: '/v1/regulations', withKey: 200 },
  { route: 'regulation-get', service: 'compliance', method: 'GET', path: '/v1/regulations/none', withKey: 404 },
  { route: 'rules-list', service: 'compliance', method: 'GET', path: '/v1/rules?regulation=none', withKey: 200 },
  { route: 'rule-get', service: 'compliance', method: 'GET', path: '/v1/rules/none', withKey: 404 },
  { route: 'rulesets', service: 'compliance', method: 'GET', path: '/v1/rulesets', withKey: 200 },
  { route: 'rulesets', service: 'compliance', method: 'POST', path: '/v1/rulesets', body: {}, withKey: 400 },
  { route: 'ruleset', service: 'compliance', method: 'GET', path: '/v1/rulesets/none', withKey: 404 },
  { route: 'ruleset', service: 'compliance', method: 'PUT', path: '/v1/rulesets/none', body: {}, withKey: 428 },
  ...['check', 'shadow', 'approve', 'publish', 'retire'].map((action) => ({
    ...{ route: 'ruleset-actions', service: 'compliance', method: 'POST', path: `/v1/rulesets/none:${action}`, body: {}, withKey: 404 } as const,
  })),
  { route: 'ruleset-backtest', service: 'compliance', method: 'POST', path: '/v1/rulesets/none:backtest', body: {}, withKey: 400 },
  { route: 'ruleset-shadow', service: 'compliance', method: 'GET', path: '/v1/rulesets/none/shadow', withKey: 404 },
  { route: 'backtests-list', service: 'compliance', method: 'GET', path: '/v1/backtests', withKey: 200 },
  { route: 'backtest-get', service: 'compliance', method: 'GET', path: '/v1/backtests/none', withKey: 404 },
  { route: 'backtest-cancel', service: 'compliance', method: 'POST', path: '/v1/backtests/none:cancel', body: {}, withKey: 404 },
  { route: 'models-list', service: 'ml-scoring', method: 'GET', path: '/v1/models', withKey: 200 },
  { route: 'model-get', service: 'ml-scoring', method: 'GET', path: '/v1/models/none', withKey: 404 },
  { route: 'model-actions', service: 'ml-scoring', method: 'POST', path: '/v1/models/none:train', body: {}, withKey: 404 },
  { route: 'model-actions', service: 'ml-scoring', method: 'POST', path: '/v1/models/none:rollback', body: {}, withKey: 404 },
  { route: 'model-metrics', service: 'ml-scoring', method: 'GET', path: '/v1/models/none/metrics', withKey: 404 },
  { route: 'model-versions', service: 'ml-scoring', method: 'GET', path: '/v1/models/none/versions', withKey: 404 },
  { route: 'model-version-get', service: 'ml-scoring', method: 'GET', path: '/v1/models/none/versions/1', withKey: 404 },
  ...['challenge', 'promote', 'retire'].map((action) => ({
    ...{ route: 'model-version-actions', service: 'ml-scoring', method: 'POST', path: `/v1/models/none/versions/1:${action}`, body: {}, withKey: 404 } as const,
  })),
  { route: 'model-comparison', service: 'ml-scoring', method: 'GET', path: '/v1/models/none/versions/1/comparison', withKey: 404 },
  { route: 'model-drift', service: 'ml-scoring', method: 'GET', path: '/v1/models/none/drift', withKey: 404 },
  { route: 'model-drift-settings', service: 'ml-scoring', method: 'PUT', path: '/v1/models/none/drift-settings', body: {}, withKey: 404 },
  { route: 'model-federation', service: 'ml-scoring', method: 'GET', path: '/v1/models/none/federation', withKey: 404 },
  { route: 'model-federation', service: 'ml-scoring', method: 'PUT', path: '/v1/models/none/federation', body: {}, withKey: 404 },
  { route: 'model-federation', service: 'ml-scoring', method: 'DELETE', path: '/v1/models/none/federation', withKey: 404 },
  { route: 'training-runs-list', service: 'ml-scoring', method: 'GET', path: '/v1/training-runs', withKey: 200 },
  { route: 'training-run-get', service: 'ml-scoring', method: 'GET', path: '/v1/training-runs/none', withKey: 404 },
  { route: 'training-run-cancel', service: 'ml-scoring', method: 'POST', path: '/v1/training-runs/none:cancel', body: {}, withKey: 404 },
  { route: 'training-schedules-list', service: 'ml-scoring', method: 'GET', path: '/v1/training-schedules', withKey: 200 },
  { route: 'training-schedule', service: 'ml-scoring', method: 'PUT', path: '/v1/training-schedules/none', body: {}, withKey: 400 },
  { route: 'training-schedule', service: 'ml-scoring', method: 'DELETE', path: '/v1/training-schedules/none', withKey: 404 },
  { route: 'labels', service: 'ml-scoring', method: 'GET', path: '/v1/labels', withKey: 200 },
  { route: 'labels', service: 'ml-scoring', method: 'POST', path: '/v1/labels', body: {}, withKey: 400 },
  { route: 'series-list', service: 'ml-scoring', method: 'GET', path: '/v1/series', withKey: 200 },
  { route: 'series-get', service: 'ml-scoring', method: 'GET', path: '/v1/series/none', withKey: 404 },
  { route: 'series-anomalies', service: 'ml-scoring', method: 'GET', path: '/v1/series/none/anomalies', withKey: 404 },
  { route: 'violations-list', service: 'violation', method: 'GET', path: '/v1/violations', withKey: 200 },
  { route: 'violation', service: 'violation', method: 'GET', path: '/v1/violations/none', withKey: 404 },
  { route: 'violation', service: 'violation', method: 'PATCH', path: '/v1/violations/none', body: { assignee: null }, withKey: 404 },
  { route: 'violation', service: 'violation', method: 'GET', path: '/v1/violations/settings', withKey: 200 },
  { route: 'violation', service: 'violation', method: 'PATCH', path: '/v1/violations/settings', body: { assignee: null }, withKey: 404 },
  { route: 'violation-settings-put', service: 'violation', method: 'PUT', path: '/v1/violations/settings', body: { incidentWindowHours: 0 }, withKey: 400 },
  { route: 'violation-actions', service: 'violation', method: 'POST', path: '/v1/violations/none:acknowledge', body: {}, withKey: 404 },
  { route: 'violation-actions', service: 'violation', method: 'POST', path: '/v1/violations/none:review', body: {}, withKey: 404 },
  { route: 'violation-actions', service: 'violation', method: 'POST', path: '/v1/violations/none:resolve', body: {}, withKey: 404 },
  { route: 'violation-actions', service: 'violation', method: 'POST', path: '/v1/violations/none:false-positive', body: {}, withKey: 404 },
  { route: 'violation-actions', service: 'violation', method: 'POST', path: '/v1/violations/none:reopen', body: {}, withKey: 400 },
  { route: 'violation-parts', service: 'violation', method: 'GET', path: '/v1/violations/none/evidence', withKey: 404 },
  { route: 'violation-parts', service: 'violation', method: 'GET', path: '/v1/violations/none/history', withKey: 404 },
  { route: 'violation-comments', service: 'violation', method: 'GET', path: '/v1/violations/none/comments', withKey: 404 },
  { route: 'violation-comments', service: 'violation', method: 'POST', path: '/v1/violations/none/comments', body: {}, withKey: 400 },
  { route: 'decision-log-list', service: 'violation', method: 'GET', path: '/v1/decision-log', withKey: 200 },
  { route: 'decision-log-verify', service: 'violation', method: 'GET', path: '/v1/decision-log:verify', withKey: 200 },
  { route: 'decision-checkpoints-list', service: 'violation', method: 'GET', path: '/v1/decision-log/checkpoints', withKey: 200 },
  { route: 'decision-log-keys', service: 'violation', method: 'GET', path: '/v1/decision-log/keys', withKey: 200 },
  { route: 'event-proof-get', service: 'violation', method: 'GET', path: '/v1/events/none/proof', withKey: 404 },
  { route: 'alerts-list', service: 'alerting', method: 'GET', path: '/v1/alerts', withKey: 200 },
  { route: 'alerts-post', service: 'alerting', method: 'POST', path: '/v1/alerts', body: {}, withKey: 400 },
  { route: 'alert-get', service: 'alerting', method: 'GET', path: '/v1/alerts/none', withKey: 404 },
  { route: 'alert-acknowledge', service: 'alerting', method: 'POST', path: '/v1/alerts/none:acknowledge', body: {}, withKey: 404 },
  { route: 'silences', service: 'alerting', method: 'GET', path: '/v1/silences', withKey: 200 },
  { route: 'silences', service: 'alerting', method: 'POST', path: '/v1/silences', body: {}, withKey: 400 },
  { route: 'silences-snooze', service: 'alerting', method: 'POST', path: '/v1/silences:snooze', body: {}, withKey: 400 },
  { route: 'silence', service: 'alerting', method: 'GET', path: '/v1/silences/none', withKey: 404 },
  { route: 'silence', service: 'alerting', method: 'PATCH', path: '/v1/silences/none', body: {}, withKey: 404 },
  { route: 'silence', service: 'alerting', method: 'DELETE', path: '/v1/silences/none', withKey: 404 },
  { route: 'alerting-configuration', service: 'alerting', method: 'GET', path: '/v1/alerting/configuration', withKey: 200 },
  { route: 'alerting-configuration', service: 'alerting', method: 'PUT', path: '/v1/alerting/configuration', body: {}, withKey: 400 },
  { route: 'alert-routes-get', service: 'alerting', method: 'GET', path: '/v1/routes', withKey: 200 },
  { route: 'alert-routes-test', service: 'alerting', method: 'POST', path: '/v1/routes:test', body: {}, withKey: 400 },
  { route: 'on-call-get', service: 'alerting', method: 'GET', path: '/v1/on-call', withKey: 200 },
  { route: 'receivers-list', service: 'alerting', method: 'GET', path: '/v1/receivers', withKey: 200 },
  { route: 'receiver-actions', service: 'alerting', method: 'POST', path: '/v1/receivers/none:enable', body: {}, withKey: 404 },
  { route: 'receiver-actions', service: 'alerting', method: 'POST', path: '/v1/receivers/none:test', body: {}, withKey: 404 },
  { route: 'webhooks', service: 'alerting', method: 'GET', path: '/v1/webhooks', withKey: 200 },
  { route: 'webhooks', service: 'alerting', method: 'POST', path: '/v1/webhooks', body: {}, withKey: 400 },
  { route: 'webhook', service: 'alerting', method: 'GET', path: '/v1/webhooks/none', withKey: 404 },
  { route: 'webhook', service: 'alerting', method: 'PATCH', path: '/v1/webhooks/none', body: {}, withKey: 400 },
  { route: 'webhook', service: 'alerting', method: 'DELETE', path: '/v1/webhooks/none', withKey: 404 },
  ...['rotate-secret', 'enable', 'test'].map((action) => ({
    ...{ route: 'webhook-actions', service: 'alerting', method: 'POST', path: `/v1/webhooks/none:${action}`, body: {}, withKey: 404 } as const,
  })),
  { route: 'webhook-deliveries', service: 'alerting', method: 'GET', path: '/v1/webhooks/none/deliveries', withKey: 404 },
  { route: 'webhook-deliveries-resend', service: 'alerting', method: 'POST', path: '/v1/webhooks/none/deliveries:resend', body: {}, withKey: 400 },
  { route: 'deliveries-list', service: 'alerting', method: 'GET', path: '/v1/deliveries', withKey: 200 },
  { route: 'delivery-get', service: 'alerting', method: 'GET', path: '/v1/deliveries/none', withKey: 404 },
  { route: 'delivery-resend', service: 'alerting', method: 'POST', path: '/v1/deliveries/none:resend', body: {}, withKey: 404 },
  { route: 'subject-attention-get', service: 'ml-scoring', method: 'GET', path: '/v1/subjects/none/attention', withKey: 404 },
  { route: 'subject-risk-get', service: 'ml-scoring', method: 'GET', path: '/v1/subjects/none/risk', withKey: 404 },
  { route: 'subject-risk-get', service: 'ml-scoring', method: 'GET', path: '/v1/subjects/a%2Fb%20c/risk', withKey: 404 },
  { route: 'tenant-get', service: 'tenant', method: 'GET', path: '/v1/tenant', withKey: 200 },
  { route: 'tenant-patch', service: 'tenant', method: 'PATCH', path: '/v1/tenant', body: {}, withKey: 200 },
  { route: 'tenant-keys', service: 'tenant', method: 'GET', path: '/v1/tenant/keys', withKey: 200 },
  { route: 'tenant-keys', service: 'tenant', method: 'POST', path: '/v1/tenant/keys', body: {}, withKey: 400 },
  { route: 'tenant-key-delete', service: 'tenant', method: 'DELETE', path: '/v1/tenant/keys/none', withKey: 404 },
  { route: 'stream-open', service: 'streaming', method: 'GET', path: '/v1/stream', upgrade: true, withKey: 101 },

  { route: 'stream-sse', service: 'streaming', method: 'GET', path: '/v1/stream/sse', endless: true, withKey: 200 },
  { route: 'graphql-post', service: 'router', method: 'POST', path: '/graphql', body: { query: '{ __typename }' }, withKey: 200 },
  // The key of a subscription comes within the socket: browsers can't send headers with a handshake.
  {
    ...{ route: 'graphql-subscribe', service: 'streaming', method: 'GET', path: '/graphql' },
    ...{ upgrade: true, subprotocol: 'graphql-transport-ws', withKey: 101, isOpen: true },
  },
  { route: 'page-get', service: 'dashboard', method: 'GET', path: '/', withKey: 200, isOpen: true },
  { route: 'page-get', service: 'dashboard', method: 'HEAD', path: '/', withKey: 200, isOpen: true },
  { route: 'page-get', service: 'dashboard', method: 'GET', path: '/?tenant=acme', withKey: 200, isOpen: true },
  { route: 'page-get', service: 'dashboard', method: 'GET', path: '/favicon.svg', withKey: 200, isOpen: true },
  { route: 'page-get', service: 'dashboard', method: 'HEAD', path: '/favicon.svg', withKey: 200, isOpen: true },
  { route: 'page-get', service: 'dashboard', method: 'GET', path: '/assets/none.js', withKey: 404, isOpen: true },
  { route: 'page-get', service: 'dashboard', method: 'HEAD', path: '/assets/none.js', withKey: 404, isOpen: true },

  // An id stays one segment, however it is written.
  { route: 'event-get', service: 'violation', method: 'GET', path: '/v1/events/a%20b', withKey: 404 },
  { route: 'event-get', service: 'violation', method: 'GET', path: '/v1/events/a%2Fb', withKey: 404 },
  { route: 'event-get', service: 'violation', method: 'GET', path: '/v1/events/a%2fb', arrivesAs: '/v1/events/a%2Fb', withKey: 404 },
  { route: 'event-get', service: 'violation', method: 'GET', path: '/v1/events/none:redrive', withKey: 404 },
  { route: 'event-decision-get', service: 'compliance', method: 'GET', path: '/v1/events/a%2Fb/decision', withKey: 404 },
  { route: 'event-get', service: 'violation', method: 'GET', path: '/v1/events/decision', withKey: 404 },
  { route: 'event-get', service: 'violation', method: 'GET', path: '/v1/events/%252e%252e', withKey: 404 },

  // The route is chosen by the path in normal form, and the service receives that same form: no path means two things.
  { route: 'alerts-list', service: 'alerting', method: 'GET', path: '//v1///alerts', arrivesAs: '/v1/alerts', withKey: 200 },
  { route: 'alerts-list', service: 'alerting', method: 'GET', path: '/v1/%61lerts', arrivesAs: '/v1/alerts', withKey: 200 },
  { route: 'alerts-list', service: 'alerting', method: 'GET', path: '/v1/./alerts', arrivesAs: '/v1/alerts', withKey: 200 },
  { route: 'alerts-list', service: 'alerting', method: 'GET', path: '/v1/events/../alerts', arrivesAs: '/v1/alerts', withKey: 200 },
  { route: 'alerts-list', service: 'alerting', method: 'GET', path: '/v1/events/%2e%2e/alerts', arrivesAs: '/v1/alerts', withKey: 200 },
  { route: 'ledger-get', service: 'ingest', method: 'GET', path: '/v1/ledger?x=%2e%2e//a%2Fb', withKey: 200 },
]

/** What pages of other origins may ask for, after a preflight: everything but sockets, which have none, and the page itself. */
export const preflightRows = routedRows.filter(({ upgrade, service }) => !upgrade && service !== 'dashboard')

/** One request that no service may see. */
export interface UnroutedRow {
  readonly method: string
  readonly path: string
  readonly upgrade?: true
  readonly status: 400 | 404
}

/** Every method, TRACE and CONNECT apart, which gateways refuse before routing. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** A known path with each method that none of its routes has. */
export const wrongMethodRows: readonly UnroutedRow[] = [...new Set(routedRows.map(({ path }) => path))].flatMap((path) => {
  const meant = routedRows.find((row) => row.path === path)?.arrivesAs ?? path
  const ofPath = (row: RoutedRow) => withoutQuery(row.arrivesAs ?? row.path) === withoutQuery(meant)
  const allowed: string[] = routedRows.filter(ofPath).map(({ method }) => method)
  if (preflightRows.some(ofPath)) allowed.push('OPTIONS')
  return methods.filter((method) => !allowed.includes(method)).map((method) => ({ method, path, status: 404 }) as const)
})

function withoutQuery(path: string): string {
  return path.split('?', 1)[0] ?? ''
}

export const unroutedRows: readonly UnroutedRow[] = [
  { method: 'GET', path: '/v1', status: 404 },
  { method: 'GET', path: '/metrics', status: 404 },
  { method: 'GET', path: '/v1/metrics', status: 404 },
  { method: 'POST', path: '/v2/events', status: 404 },
  { method: 'POST', path: '/x/v1/events', status: 404 },
  { method: 'POST', path: '/V1/Events', status: 404 },

  // Near misses: what a prefix would let through.
  { method: 'POST', path: '/v1/eventsfoo', status: 404 },
  { method: 'POST', path: '/v1/events:redrive', status: 404 },
  { method: 'POST', path: '/v1/events/', status: 404 },
  { method: 'GET', path: '/v1/events/', status: 404 },
  { method: 'GET', path: '/v1/events//', status: 404 },
  { method: 'GET', path: '/v1/events/a/b', status: 404 },
  { method: 'GET', path: '/v1/events/none/', status: 404 },
  { method: 'GET', path: '/v1/events/..', status: 404 },
  { method: 'GET', path: '/v1/events/%2E%2e', status: 404 },
  { method: 'GET', path: '/v1/events/none/decision/', status: 404 },
  { method: 'GET', path: '/v1/events//decision/none', status: 404 },
  { method: 'POST', path: '/v1/rules', status: 404 },
  { method: 'POST', path: '/v1/rules:tests', status: 404 },
  { method: 'POST', path: '/v1/rulesets/a/b:backtest', status: 404 },
  { method: 'POST', path: '/v1/rulesets/:backtest', status: 404 },
  { method: 'POST', path: '/v1/backtests/none/cancel', status: 404 },
  { method: 'GET', path: '/v1/ledger/', status: 404 },
  { method: 'GET', path: '/v1/ledger%0A', status: 404 },
  { method: 'GET', path: '/v1/ledgers', status: 404 },
  { method: 'GET', path: '/v1/dead-letters/none', status: 404 },
  { method: 'GET', path: '/v1/attack-findings/none', status: 404 },
  { method: 'POST', path: '/v1/dead-letters:redrive/', status: 404 },
  { method: 'POST', path: '/v1/dead-letters%3Aredrive', status: 404 },
  { method: 'POST', path: '/v1/dead-letters/redrive', status: 404 },
  { method: 'GET', path: '/v1/violations/', status: 404 },
  { method: 'GET', path: '/v1/alerts%2F', status: 404 },
  { method: 'GET', path: '/v1/alerts%3Flimit=1', status: 404 },
  { method: 'GET', path: '/v1/webhooks/', status: 404 },
  { method: 'POST', path: '/v1/webhooks/none:delete', status: 404 },
  { method: 'POST', path: '/v1/webhooks/a/b:test', status: 404 },
  { method: 'GET', path: '/v1/deliveries/none/tries', status: 404 },
  { method: 'GET', path: '/v1/tenants', status: 404 },
  { method: 'POST', path: '/v1/rulesets/none:delete', status: 404 },
  { method: 'POST', path: '/v1/rulesets/none:publish/', status: 404 },
  { method: 'POST', path: '/v1/rulesets/a/b:publish', status: 404 },
  { method: 'GET', path: '/v1/tenant/keys/', status: 404 },
  { method: 'GET', path: '/v1/streams', upgrade: true, status: 404 },
  { method: 'GET', path: '/v1/stream/', upgrade: true, status: 404 },
  { method: 'GET', path: '/v1/stream/sse/', status: 404 },
  { method: 'POST', path: '/graphql/', status: 404 },
  { method: 'POST', path: '/v1/graphql', status: 404 },
  { method: 'GET', path: '/graphql/', upgrade: true, status: 404 },
  { method: 'GET', path: '/index.html', status: 404 },
  { method: 'GET', path: '/assets', status: 404 },
  { method: 'GET', path: '/assets/', status: 404 },
  { method: 'GET', path: '/assets/a/b.js', status: 404 },
  { method: 'GET', path: '/faviconxsvg', status: 404 },

  // Refused before routing.
  { method: 'GET', path: '/../v1/alerts', status: 400 },
  { method: 'GET', path: '/v1/%2e%2e/%2e%2e/etc/passwd', status: 400 },
  { method: 'GET', path: '/v1/..%2f..%2fetc', status: 400 },
  { method: 'GET', path: '/v1/%zz', status: 400 },
  { method: 'GET', path: '/v1/alerts%00', status: 400 },
]
