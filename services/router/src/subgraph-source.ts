import { RemoteGraphQLDataSource } from '@apollo/gateway'

/** What a request brings that its subgraphs need: whose it is, and which trace and request it belongs to. */
export interface RouterContext {
  readonly passedOn: Readonly<Record<string, string>>
}

const passedOnHeaders = ['x-api-key', 'authorization', 'x-request-id', 'traceparent', 'tracestate']

/** The headers of a request that its subgraphs get, too; no others. */
export function passedOnOf(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(passedOnHeaders.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : [])))
}

/** Asks one subgraph, with the caller's own credential: it checks it again and shows its tenant's data only. */
export function subgraphSource(url: string, timeoutMs: number): RemoteGraphQLDataSource<RouterContext> {
  return new RemoteGraphQLDataSource<RouterContext>({
    url,
    fetcher: (address, init) => fetch(address, { ...init, signal: AbortSignal.timeout(timeoutMs) } as RequestInit),
    willSendRequest({ request, context }) {
      // Without a context the gateway asks for its own sake; it never does with a fixed supergraph.
      for (const [name, value] of Object.entries(context.passedOn ?? {})) request.http?.headers.set(name, String(value))
    },
  })
}
