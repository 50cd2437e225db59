import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BackendOptions, Database } from './backend.ts'
import { pidFileOf } from './data-folder.ts'
import { databaseAnswers } from './database-answers.ts'
import { databaseSettings } from './database-settings.ts'
import { freePort, requireFreePort } from './free-port.ts'
import { sizeOfLog, tailOf } from './log-file.ts'
import { identityOf } from './process-identity.ts'
import { installationOf, postgresPrograms } from './postgres-programs.ts'
import { reasonOf, runCommand } from './run-command.ts'
import { hasSecret, secretOf } from './secrets.ts'
import { recordProcess, stopRecorded } from './stale-process.ts'
import { StartError } from './start-error.ts'
import { startProcess } from './started-process.ts'
import { unprivileged } from './unprivileged-user.ts'
import type { Unprivileged } from './unprivileged-user.ts'
import { waitUntil } from './wait-until.ts'

const release = '18'

/** PostgreSQL as a process on 127.0.0.1, its data in `<dataDir>/postgres`, the password of its superuser in secrets.json. */
export async function startLocalDatabase({ dataDir, port: wanted, log = () => {}, signal }: BackendOptions): Promise<Database> {
  const programs = await postgresPrograms()
  const data = join(dataDir, 'postgres')
  const logFile = join(dataDir, 'logs', 'postgres.log')
  const pidFile = pidFileOf(dataDir, 'postgres')
  adoptPostmaster(data, pidFile)
  await stopRecorded(pidFile)
  const port = wanted ?? (await freePort())
  await requireFreePort(port, 'PostgreSQL', 'POSTGRES_PORT')

  const privileges = await unprivileged([installationOf(programs.postgres), dataDir], data)
  if (!existsSync(data)) {
    log('preparing the database (once)')
    await initialise(programs.initdb, dataDir, data, privileges, signal)
  }
  requireUsable(dataDir, data)
  const settings = databaseSettings({ listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '' })
  const [command, ...args] = [...privileges.through, programs.postgres, '-D', data, ...settings] as [string, ...string[]]
  const logged = sizeOfLog(logFile)
  const postgres = await startProcess({
    command,
    args,
    cwd: data,
    ...privileges.user,
    logFile,
    pidFile,
    // Fast shutdown: roll back what is open, write a checkpoint. SIGTERM would wait for clients to leave.
    stopSignal: 'SIGINT',
  })
  try {
    await waitUntil({
      ready: async () => {
        if (postgres.hasExited()) {
          throw new StartError(`PostgreSQL ended while starting; the end of ${logFile} says:\n${tailOf(logFile, logged)}`)
        }
        return databaseAnswers('127.0.0.1', port)
      },
      // Recovery after a crash replays up to max_wal_size.
      timeoutMs: 120_000,
      onTimeout: () => `PostgreSQL didn't answer within 120 s; ${logFile} may say why`,
      signal,
    })
  } catch (error) {
    await postgres.kill9()
    throw error
  }
  return { ...postgres, kind: 'local', url: `postgres://postgres:${secretOf(dataDir, 'postgres')}@127.0.0.1:${port}/postgres` }
}

/**
 * The server writes its own pid beside its data. A launcher killed in the instant between starting and noting it
 * would otherwise leave a server that nobody knows.
 */
function adoptPostmaster(data: string, pidFile: string): void {
  const file = join(data, 'postmaster.pid')
  if (existsSync(pidFile) || !existsSync(file)) return
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0])
  if (!(pid > 1) || identityOf(pid) === undefined) return
  const command = existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0') : []
  if (command.includes(data)) recordProcess(pidFile, pid, 'SIGINT')
}

/** Made beside its final place and renamed when complete: an interrupted start leaves nothing that looks like a database. */
async function initialise(
  initdb: string,
  dataDir: string,
  data: string,
  privileges: Unprivileged,
  signal: AbortSignal | undefined,
): Promise<void> {
  const workshop = mkdtempSync(join(dataDir, '.initdb-'))
  const passwordFile = join(workshop, 'password')
  const made = join(workshop, 'data')
  try {
    mkdirSync(made, { mode: 0o700 })
    writeFileSync(passwordFile, `${secretOf(dataDir, 'postgres')}\n`, { mode: 0o600 })
    const { owner } = privileges
    if (owner !== undefined) for (const path of [workshop, made, passwordFile]) chownSync(path, owner.uid, owner.gid)
    const line = [
      ...privileges.through,
      initdb,
      `--pgdata=${made}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // Sorting that doesn't depend on the libraries of the machine.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
    ]
    const [command, ...args] = line as [string, ...string[]]
    const result = await runCommand(command, args, { ...privileges.user, cwd: workshop, signal })
    signal?.throwIfAborted()
    if (result.code !== 0) throw new StartError(`PostgreSQL couldn't prepare ${data}: ${reasonOf(result)}`)
    renameSync(made, data)
  } finally {
    rmSync(workshop, { recursive: true, force: true })
  }
}

function requireUsable(dataDir: string, data: string): void {
  const found = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim()
  if (found !== release) throw new StartError(`${data} is of PostgreSQL ${found} and this is ${release}: move it away or set OTT_DATA_DIR`)
  if (hasSecret(dataDir, 'postgres')) return
  const file = join(dataDir, 'secrets.json')
  throw new StartError(`${data} exists but its password in ${file} is gone: put that file back or move the folder away`)
}
