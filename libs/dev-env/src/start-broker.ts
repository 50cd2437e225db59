import { givenBackend } from './backend.ts'
import type { BackendOptions, Broker } from './backend.ts'
import { brokerAnswers } from './broker-answers.ts'
import { chooseKind } from './choose-kind.ts'
import { createDataFolder } from './data-folder.ts'
import { missingForLocalBroker, startLocalBroker } from './local-broker.ts'
import { waitUntil } from './wait-until.ts'

const image = 'apache/kafka:4.1.1'

/**
 * A real Kafka broker, ready to answer: the one in KAFKA_BROKERS, else one in Docker, else a Java process.
 * Throws a StartError with one sentence when none can be had.
 */
export async function startBroker(options: BackendOptions): Promise<Broker> {
  const { log = () => {}, signal } = options
  const given = process.env['KAFKA_BROKERS']
  const kind = await chooseKind({
    given,
    image,
    missingLocally: missingForLocalBroker,
    what: 'Kafka',
    remedy: 'start Docker, or install a JDK 17 or newer and Maven, or set KAFKA_BROKERS',
    log,
    signal,
  })
  if (kind === 'given') return givenBroker(given ?? '', signal)
  const located = { ...options, dataDir: createDataFolder(options.dataDir) }
  if (kind === 'local') return startLocalBroker(located)
  // Loaded only here: the Docker client is large. Its clean-up container isn't wanted, as the data shall outlive this process.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true'
  const { startDockerBroker } = await import('./docker-broker.ts')
  return startDockerBroker(image, located)
}

async function givenBroker(list: string, signal?: AbortSignal): Promise<Broker> {
  const brokers = list.split(',').map((address) => address.trim())
  const answers = brokers.map((address) => {
    const { hostname, port } = new URL(`kafka://${address}`)
    return () => brokerAnswers(hostname.replace(/^\[(.*)\]$/, '$1'), Number(port || 9092))
  })
  await waitUntil({
    ready: async () => (await Promise.all(answers.map((ask) => ask()))).some(Boolean),
    timeoutMs: 10_000,
    onTimeout: () => `no broker of KAFKA_BROKERS=${list} answers: start one there or unset it`,
    signal,
  })
  return { ...givenBackend(), brokers }
}
