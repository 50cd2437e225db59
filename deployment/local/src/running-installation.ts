import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StartError } from '@ott/dev-env/start-error'

/** What became of a tenant's events, as `GET /v1/ledger` tells. */
export interface LedgerReading {
  readonly accepted: number
  readonly processed: number
  readonly duplicate: number
  readonly filtered: number
  readonly deadLettered: number
  readonly inFlight: number
  readonly missing: number
}

/** An installation that runs, seen by one of its tenants. */
export interface RunningInstallation {
  readonly url: string
  readonly apiKey: string
  ledger(): Promise<LedgerReading>
  /** Waits until nothing is in flight and no stage has work left for this tenant. */
  settled(onProgress?: (ledger: LedgerReading) => void): Promise<LedgerReading>
}

export function edgeUrl(): string {
  return process.env['OTT_URL'] || `http://localhost:${process.env['EDGE_PORT'] || 8080}`
}

export function dataDir(): string {
  return process.env['OTT_DATA_DIR'] || '.data'
}

/** Finds the installation that `npm start` runs and the tenant's key. */
export async function findInstallation(tenant: string): Promise<RunningInstallation> {
  const url = edgeUrl()
  const apiKey = process.env['OTT_API_KEY'] || (await keyOf(tenant))
  const ledger = async (): Promise<LedgerReading> => {
    const response = await fetch(`${url}/v1/ledger`, { headers: { 'x-api-key': apiKey } }).catch(() => undefined)
    if (response === undefined) throw new StartError(`nothing answers at ${url}: run "npm start" first`)
    if (!response.ok) throw new StartError(`${url}/v1/ledger answered ${response.status}`)
    return (await response.json()) as LedgerReading
  }
  return {
    url,
    apiKey,
    ledger,
    async settled(onProgress) {
      for (let unchanged = 0, last = ''; ; ) {
        const reading = await ledger()
        onProgress?.(reading)
        if (reading.inFlight === 0 && reading.missing === 0) return reading
        // Missing while nothing moves for ten seconds is an answer, too.
        unchanged = JSON.stringify(reading) === last ? unchanged + 1 : 0
        last = JSON.stringify(reading)
        if (reading.inFlight === 0 && unchanged >= 40) return reading
        await new Promise((resolve) => setTimeout(resolve, 250))
      }
    },
  }
}

async function keyOf(tenant: string): Promise<string> {
  const file = join(dataDir(), 'credentials.json')
  let credentials: Record<string, { apiKey?: string } | undefined>
  try {
    credentials = JSON.parse(await readFile(file, 'utf8')) as typeof credentials
  } catch {
    throw new StartError(`${file} can't be read: run "npm start" first, or give the key as OTT_API_KEY`)
  }
  const key = credentials[tenant]?.apiKey
  if (key === undefined) throw new StartError(`${file} holds no key for tenant "${tenant}"; it has ${Object.keys(credentials).join(', ')}`)
  return key
}

/** Ends the process with one sentence when the work fails for a reason its user can mend. */
export async function runCommand(work: () => Promise<number>): Promise<never> {
  try {
    const code = await work()
    // What was written into a pipe may still wait for its reader, and leaving would lose it.
    await new Promise<void>((resolve) => process.stdout.write('', () => resolve()))
    process.exit(code)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    if (process.env['OTT_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack}\n`)
    process.exit(1)
  }
}
