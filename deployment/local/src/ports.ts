/** The services, in the order in which an event meets them. Their ports are numbered from a base in this order. */
export const serviceNames = ['ingest', 'compliance', 'ml-scoring', 'violation', 'alerting', 'tenant', 'streaming', 'router', 'dashboard'] as const
export type ServiceName = (typeof serviceNames)[number]

/** Ports of an installation when nothing else is said. Kafka's and PostgreSQL's own default ports are left to others. */
export const defaultPorts = { edge: 8080, serviceBase: 8100, kafka: 19_092, postgres: 15_432 } as const

/** base + 1 for ingest, + 2 for compliance and so on: 8101 … 8109 by default. */
export function servicePortOf(service: ServiceName, base: number): number {
  return base + 1 + serviceNames.indexOf(service)
}

/** Where the router finds the other services' subgraphs. */
export function subgraphSettings(base: number): Record<string, string> {
  const subgraphs: readonly ServiceName[] = ['violation', 'compliance', 'ml-scoring', 'alerting', 'tenant']
  return Object.fromEntries(
    subgraphs.map((name) => [`SUBGRAPH_${name.toUpperCase().replaceAll('-', '_')}_URL`, `http://127.0.0.1:${servicePortOf(name, base)}/graphql`]),
  )
}
