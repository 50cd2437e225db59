/** Addresses and paths of one KRaft node that is broker and controller at once. */
export interface BrokerPlacement {
  /** Interface to listen on. */
  readonly listenHost: string
  /** Port that clients are told, always on 127.0.0.1. */
  readonly port: number
  readonly controllerPort: number
  readonly logDir: string
}

/**
 * Settings of a broker for one machine. What is kept is kept as in production; only what waits for other brokers
 * (replicas, rebalance delays, session time-outs) is set for being alone.
 */
export function brokerSettings({ listenHost, port, controllerPort, logDir }: BrokerPlacement): Record<string, string> {
  return {
    'node.id': '1',
    'process.roles': 'broker,controller',
    listeners: `PLAINTEXT://${listenHost}:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'log.dirs': logDir,

    'auto.create.topics.enable': 'false',
    'num.partitions': '4',
    'offsets.topic.num.partitions': '8',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.num.partitions': '8',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.num.partitions': '8',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',

    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '2000',
    // A broker that was killed must wait for its own old session to end before it may register again (9 s by default).
    'broker.session.timeout.ms': '6000',
    'broker.heartbeat.interval.ms': '500',

    'message.max.bytes': String(4 * 1_024 * 1_024),
    'replica.fetch.max.bytes': String(4 * 1_024 * 1_024),
    'log.retention.hours': '168',
    // For a few processors that the services share: eleven threads by default take turns at the work of two.
    'num.network.threads': '1',
    'num.io.threads': '2',
    // There is no second broker to keep what a power cut takes from the page cache. Left to the kernel, half a minute's
    // records go to the disk at once, too, and every commit of the database waits behind them.
    'log.flush.interval.ms': '1000',
    'log.flush.scheduler.interval.ms': '1000',
    // 128 MB by default, a quarter of the heap.
    'log.cleaner.dedupe.buffer.size': String(16 * 1_024 * 1_024),
  }
}

/** As a properties file. */
export function asProperties(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\')}\n`)
    .join('')
}

/** As the environment of the apache/kafka image: `log.dirs` becomes `KAFKA_LOG_DIRS`. */
export function asEnvironment(settings: Readonly<Record<string, string>>): Record<string, string> {
  const variable = (name: string): string =>
    `KAFKA_${name.replaceAll('_', '__').replaceAll('-', '___').replaceAll('.', '_').toUpperCase()}`
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [variable(name), value]))
}
