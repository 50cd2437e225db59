import type { BackendOptions, Broker } from './backend.ts'
import { brokerAnswers } from './broker-answers.ts'
import { asEnvironment, brokerSettings } from './broker-settings.ts'
import { dockerNameOf, startContainer } from './docker-container.ts'
import { freePort, requireFreePort } from './free-port.ts'
import { StartError } from './start-error.ts'
import { waitUntil } from './wait-until.ts'

const clusterId = 'b3R0LWxvY2FsLWthZmthMQ'
const logDir = '/var/lib/kafka/data'

/**
 * Apache Kafka in a container. It is a GenericContainer because the Kafka module of testcontainers starts Confluent's images only.
 * The broker listens on the same port inside as outside, since it also connects to the address that it tells its clients.
 */
export async function startDockerBroker(image: string, { dataDir, port: wanted, signal }: BackendOptions): Promise<Broker> {
  const port = wanted ?? (await freePort())
  const name = dockerNameOf(dataDir, 'kafka')
  const container = await startContainer({
    name,
    image,
    containerPort: port,
    port,
    environment: {
      CLUSTER_ID: clusterId,
      KAFKA_HEAP_OPTS: '-Xmx512m -Xms256m',
      ...asEnvironment(brokerSettings({ listenHost: '0.0.0.0', port, controllerPort: port === 9093 ? 9094 : 9093, logDir })),
    },
    volume: name,
    volumeTarget: logDir,
    stopGraceMs: 20_000,
    beforeStart: () => requireFreePort(port, 'Kafka', 'KAFKA_PORT'),
  })
  try {
    await waitUntil({
      ready: async () => {
        if (container.hasExited()) throw new StartError(`the Kafka container ended while starting; it said:\n${await container.tail()}`)
        return brokerAnswers('127.0.0.1', port)
      },
      timeoutMs: 120_000,
      onTimeout: () => `Kafka didn't answer within 120 s; "docker logs ${name}" may say why`,
      signal,
    })
  } catch (error) {
    await container.stop()
    throw error
  }
  return { exited: container.exited, stop: container.stop, kill9: container.kill9, kind: 'docker', brokers: [`127.0.0.1:${port}`] }
}
