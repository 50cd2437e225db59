/** The services, in the order in which an event meets them. Their ports are numbered from a base in this order. */
export const serviceNames = ['ingest', 'compliance', 'ml-scoring', 'violation', 'alerting', 'tenant', 'streaming'] as const
export type ServiceName = (typeof serviceNames)[number]

/** Ports of an installation when nothing else is said. Kafka's and PostgreSQL's own default ports are left to others. */
export const defaultPorts = { edge: 8080, serviceBase: 8100, kafka: 19_092, postgres: 15_432 } as const

/** base + 1 for ingest, + 2 for compliance and so on: 8101 … 8107 by default. */
export function servicePortOf(service: ServiceName, base: number): number {
  return base + 1 + serviceNames.indexOf(service)
}
