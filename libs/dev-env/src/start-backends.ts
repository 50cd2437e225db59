import type { Broker, Database } from './backend.ts'
import { openDataFolder } from './data-folder.ts'
import type { DataFolder } from './data-folder.ts'
import { startBroker } from './start-broker.ts'
import { startDatabase } from './start-database.ts'

export interface BackendsOptions {
  readonly dataDir: string
  /** Ports on 127.0.0.1; free ones when omitted. */
  readonly kafkaPort?: number
  readonly postgresPort?: number
  readonly log?: (line: string) => void
  readonly signal?: AbortSignal
  /** The data folder when the caller has opened it already; the caller then releases it as well. */
  readonly folder?: DataFolder
}

export interface Backends {
  readonly broker: Broker
  readonly database: Database
  /** Stops the database, then the broker, and lets go of the data folder. */
  stop(): Promise<void>
}

/**
 * Starts broker and database side by side on a data folder that no other process may use meanwhile.
 * When one fails, the other is stopped and the failure is thrown.
 */
export async function startBackends(options: BackendsOptions): Promise<Backends> {
  const { log, kafkaPort, postgresPort } = options
  const folder = options.folder ?? (await openDataFolder(options.dataDir))
  const release = options.folder === undefined ? folder.release : () => {}
  // The first to fail calls off the other, which may have minutes to go.
  const failure = new AbortController()
  const signal = options.signal === undefined ? failure.signal : AbortSignal.any([failure.signal, options.signal])
  const callOff = (reason: unknown): never => {
    failure.abort(reason)
    throw reason
  }
  const [broker, database] = await Promise.allSettled([
    startBroker({ dataDir: folder.path, port: kafkaPort, log, signal }).catch(callOff),
    startDatabase({ dataDir: folder.path, port: postgresPort, log, signal }).catch(callOff),
  ])
  if (broker.status === 'fulfilled' && database.status === 'fulfilled') {
    return {
      broker: broker.value,
      database: database.value,
      async stop() {
        await database.value.stop()
        await broker.value.stop()
        release()
      },
    }
  }
  for (const started of [database, broker]) if (started.status === 'fulfilled') await started.value.stop()
  release()
  throw failure.signal.reason
}
