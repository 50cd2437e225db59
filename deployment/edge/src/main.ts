import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { withAddressLimit } from './declared-plugins.ts'
import { startEdge } from './edge.ts'
import { KongDeclarationError, readKongDeclaration } from './kong-declaration.ts'
import { logToStdout } from './log-line.ts'

/** The process of the local edge. See README.md for its settings. */
const portNumber = (max: number) => z.string().regex(/^[0-9]{1,5}$/, 'must be a port number').transform(Number).pipe(z.int().max(max))
const settings = z.object({
  /** 0 takes any free port; the first log line names it. */
  EDGE_PORT: portNumber(65_535).default(8080),
  HOST: z.string().min(1).default('127.0.0.1'),
  /** Declared port 8100 + n is looked for at this port + n: lets several pipelines run on one machine. */
  SERVICE_PORT_BASE: portNumber(65_000).default(8100),
  /** Unset, nothing is counted. */
  EDGE_METRICS_PORT: portNumber(65_535).optional(),
  /** In place of the limit that kong.yml sets for an address. */
  EDGE_RATE_LIMIT_PER_HOUR: z.string().regex(/^[1-9][0-9]{0,8}$/, 'must be a whole number above 0').transform(Number).optional(),
  /** `declared`: at the names and ports of the file, as in containers. `local`: on this machine, from SERVICE_PORT_BASE on. */
  SERVICE_HOSTS: z.enum(['local', 'declared']).default('local'),
  KONG_FILE: z.string().min(1).default(fileURLToPath(new URL('../../../kong/kong.yml', import.meta.url))),
  /** Merged into the other, as `deck file merge` does: the keys of partners. */
  KONG_CREDENTIALS_FILE: z.string().min(1).optional(),
})

async function main(): Promise<void> {
  const read = settings.safeParse(process.env)
  if (!read.success) return fail(read.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; '))
  const { EDGE_PORT, EDGE_METRICS_PORT, HOST, SERVICE_PORT_BASE, SERVICE_HOSTS, KONG_FILE, KONG_CREDENTIALS_FILE } = read.data
  const files: [string, ...string[]] = [KONG_FILE, ...(KONG_CREDENTIALS_FILE === undefined ? [] : [KONG_CREDENTIALS_FILE])]
  try {
    const edge = await startEdge({
      declaration: withAddressLimit(readKongDeclaration(...files), read.data.EDGE_RATE_LIMIT_PER_HOUR),
      port: EDGE_PORT,
      metricsPort: EDGE_METRICS_PORT,
      host: HOST,
      addressOf: (host, port) => (SERVICE_HOSTS === 'declared' ? { host, port } : { host: '127.0.0.1', port: SERVICE_PORT_BASE + port - 8100 }),
      log: logToStdout,
    })
    stopOnRequest(edge.stop)
  } catch (error) {
    if (error instanceof KongDeclarationError) return fail(error.message)
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') return fail(describeTakenPort((error as { port?: number }).port, EDGE_PORT))
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      return fail(`it may not listen on ${HOST}:${EDGE_PORT} (${code})`)
    }
    throw error
  }
}

/** Stops on SIGTERM, SIGINT, or when the process that started this one goes away. A second signal ends it at once. */
function stopOnRequest(stop: () => Promise<void>): void {
  let asked = false
  const onRequest = () => {
    if (asked) process.exit(1)
    asked = true
    void stop().then(() => process.exit(0))
  }
  process.on('SIGTERM', onRequest)
  process.on('SIGINT', onRequest)
  process.once('disconnect', () => asked || onRequest())
}

function describeTakenPort(port: number | undefined, edgePort: number): string {
  return `port ${port ?? edgePort} is taken; set ${port === undefined || port === edgePort ? 'EDGE_PORT' : 'EDGE_METRICS_PORT'} to a free one`
}

function fail(reason: string): void {
  process.stderr.write(`The edge can't start: ${reason}.\n`)
  process.exitCode = 1
  if (process.connected) process.disconnect()
}

await main()
