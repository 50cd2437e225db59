import { givenBackend } from './backend.ts'
import type { BackendOptions, Database } from './backend.ts'
import { chooseKind } from './choose-kind.ts'
import { createDataFolder } from './data-folder.ts'
import { databaseAnswers } from './database-answers.ts'
import { startLocalDatabase } from './local-database.ts'
import { postgresPrograms } from './postgres-programs.ts'
import { StartError } from './start-error.ts'
import { waitUntil } from './wait-until.ts'

const image = 'postgres:18'

/**
 * A real PostgreSQL, ready for connections: the one at DATABASE_URL, else one in Docker, else a process from the packaged binaries.
 * Throws a StartError with one sentence when none can be had.
 */
export async function startDatabase(options: BackendOptions): Promise<Database> {
  const { log = () => {}, signal } = options
  const given = process.env['DATABASE_URL']
  const kind = await chooseKind({
    given,
    image,
    missingLocally: async () =>
      postgresPrograms().then(
        () => [],
        () => ['no packaged PostgreSQL for this system'],
      ),
    what: 'PostgreSQL',
    remedy: 'start Docker or set DATABASE_URL',
    log,
    signal,
  })
  if (kind === 'given') return givenDatabase(given ?? '', signal)
  const located = { ...options, dataDir: createDataFolder(options.dataDir) }
  if (kind === 'local') return startLocalDatabase(located)
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true'
  const { startDockerDatabase } = await import('./docker-database.ts')
  return startDockerDatabase(image, located)
}

async function givenDatabase(url: string, signal?: AbortSignal): Promise<Database> {
  if (!URL.canParse(url) || !/^postgres(ql)?:/.test(url)) {
    throw new StartError('DATABASE_URL is not a URL like postgres://user:password@host:5432/name')
  }
  const { hostname, port } = new URL(url)
  await waitUntil({
    ready: () => databaseAnswers(hostname, Number(port || 5432)),
    timeoutMs: 10_000,
    // Without the password that the URL may hold.
    onTimeout: () => `no PostgreSQL answers at ${hostname}:${port || 5432}, named by DATABASE_URL: start one there or unset it`,
    signal,
  })
  return { ...givenBackend(), url }
}
