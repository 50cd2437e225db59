import type { BackendOptions, Database } from './backend.ts'
import { databaseAnswers } from './database-answers.ts'
import { databaseSettings } from './database-settings.ts'
import { dockerNameOf, startContainer } from './docker-container.ts'
import { freePort, requireFreePort } from './free-port.ts'
import { secretOf } from './secrets.ts'
import { StartError } from './start-error.ts'
import { waitUntil } from './wait-until.ts'

/** PostgreSQL in a container, its password in `<dataDir>/secrets.json`, its data in a named volume. */
export async function startDockerDatabase(image: string, { dataDir, port: wanted, signal }: BackendOptions): Promise<Database> {
  const port = wanted ?? (await freePort())
  const name = dockerNameOf(dataDir, 'postgres')
  const password = secretOf(dataDir, 'postgres-docker')
  const container = await startContainer({
    name,
    image,
    containerPort: 5432,
    port,
    environment: { POSTGRES_USER: 'postgres', POSTGRES_DB: 'postgres', POSTGRES_PASSWORD: password },
    command: ['postgres', ...databaseSettings({})],
    volume: name,
    // Since release 18 the image keeps its data in a folder of its release below this one.
    volumeTarget: '/var/lib/postgresql',
    sharedMemoryBytes: 256 * 1_024 * 1_024,
    // The image's stop signal is SIGINT already: fast shutdown.
    stopGraceMs: 10_000,
    beforeStart: () => requireFreePort(port, 'PostgreSQL', 'POSTGRES_PORT'),
  })
  try {
    await waitUntil({
      ready: async () => {
        if (container.hasExited()) {
          throw new StartError(`the PostgreSQL container ended while starting; it said:\n${await container.tail()}`)
        }
        return databaseAnswers('127.0.0.1', port)
      },
      timeoutMs: 120_000,
      onTimeout: () => `PostgreSQL didn't answer within 120 s; "docker logs ${name}" may say why`,
      signal,
    })
  } catch (error) {
    await container.stop()
    throw error
  }
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
  return { exited: container.exited, stop: container.stop, kill9: container.kill9, kind: 'docker', url }
}
