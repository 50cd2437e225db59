import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { removeDataFolder } from '@ott/dev-env/remove-data-folder'
import { startBackends } from '@ott/dev-env/start-backends'
import { onStopRequest } from './stop-signals.ts'

/** `npm test`: every test against a real broker and database of its own. Arguments go to jest. */
const root = fileURLToPath(new URL('../../../', import.meta.url))

function jest(args: readonly string[], env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<number> {
  const program = join(dirname(createRequire(import.meta.url).resolve('jest/package.json')), 'bin', 'jest.js')
  const child = spawn(process.execPath, [program, ...args], { cwd: root, env, stdio: 'inherit' })
  signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true })
  return new Promise((resolve) => {
    child.once('error', () => resolve(1))
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

async function main(): Promise<number> {
  const stopping = new AbortController()
  await using cleanUp = new AsyncDisposableStack()
  const dataDir = mkdtempSync(join(tmpdir(), 'ott-test-'))
  chmodSync(dataDir, 0o711)
  cleanUp.defer(() => removeDataFolder(dataDir))
  onStopRequest(
    () => stopping.abort(),
    () => process.exit(130),
  )
  const log = (line: string): void => void process.stdout.write(`${line}\n`)
  const backends = await startBackends({ dataDir, log, signal: stopping.signal })
  cleanUp.defer(backends.stop)
  const { broker, database } = backends
  log(`tests use Kafka (${broker.kind}, ${broker.brokers.join(',')}) and PostgreSQL (${database.kind})`)
  const env = {
    ...process.env,
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim(),
    OTT_TEST_KAFKA_BROKERS: broker.brokers.join(','),
    OTT_TEST_DATABASE_URL: database.url,
  }
  const code = await jest(process.argv.slice(2), env, stopping.signal)
  return stopping.signal.aborted ? 130 : code
}

try {
  process.exit(await main())
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
