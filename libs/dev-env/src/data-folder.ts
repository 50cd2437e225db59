import { existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { identityOf } from './process-identity.ts'
import { killRecordedProcess, stopRecorded } from './stale-process.ts'
import { StartError } from './start-error.ts'

/** A data folder that this process alone may use until it lets go. */
export interface DataFolder {
  /** Absolute, with links resolved. */
  readonly path: string
  release(): void
}

/** Where the processes that work on a data folder are noted. */
export function pidFileOf(dataDir: string, name: string): string {
  return join(dataDir, 'run', `${name}.json`)
}

/**
 * Makes and claims a data folder, and stops what a killed launcher left running on it.
 * Throws a StartError when it can't be written or a living process uses it.
 */
export async function openDataFolder(dataDir: string): Promise<DataFolder> {
  const path = createDataFolder(dataDir)
  const release = claim(path)
  try {
    await Promise.all(pidFilesIn(path).map((file) => stopRecorded(file)))
  } catch (error) {
    release()
    throw error
  }
  return { path, release }
}

/** Kills every process noted on a data folder, for the impatient. The next launcher finds nothing that runs. */
export function killRecorded(dataDir: string): void {
  for (const file of pidFilesIn(dataDir)) killRecordedProcess(file)
}

function pidFilesIn(dataDir: string): string[] {
  const run = join(dataDir, 'run')
  if (!existsSync(run)) return []
  return readdirSync(run)
    .filter((file) => file.endsWith('.json'))
    .map((file) => join(run, file))
}

/** Makes the folder, or throws a StartError that says why it can't be used. Returns its real, absolute path. */
export function createDataFolder(dataDir: string): string {
  try {
    // Others may pass through, not look: PostgreSQL refuses to be root and must reach its own folder below.
    mkdirSync(dataDir, { recursive: true, mode: 0o711 })
    mkdirSync(join(dataDir, 'run'), { recursive: true })
    const probe = join(dataDir, 'run', `.write-${process.pid}`)
    writeFileSync(probe, '')
    rmSync(probe)
    return realpathSync(dataDir)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const wanted = resolve(dataDir)
    throw new StartError(`the data folder ${wanted} can't be written (${code}): make it writable or set OTT_DATA_DIR to another one`)
  }
}

interface Owner {
  readonly pid: number
  readonly identity: string | undefined
}

function claim(path: string): () => void {
  const file = join(path, 'owner')
  const me = JSON.stringify({ pid: process.pid, identity: identityOf(process.pid) } satisfies Owner)
  for (;;) {
    try {
      writeFileSync(file, me, { flag: 'wx' })
      return () => rmSync(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const owner = readOwner(file)
    if (owner !== undefined && identityOf(owner.pid) !== undefined && identityOf(owner.pid) === owner.identity) {
      throw new StartError(`process ${owner.pid} already uses the data folder ${path}: stop it or set OTT_DATA_DIR to another folder`)
    }
    rmSync(file, { force: true })
  }
}

function readOwner(file: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner
  } catch {
    return undefined
  }
}
