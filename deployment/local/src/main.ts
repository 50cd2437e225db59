import { relative } from 'node:path'
import { killRecorded } from '@ott/dev-env/data-folder'
import { StartError } from '@ott/dev-env/start-error'
import { defaultPartitions, startLocalStack } from './local-stack.ts'
import type { LocalStack } from './local-stack.ts'
import { defaultPorts } from './ports.ts'
import { onStopRequest } from './stop-signals.ts'

/** `npm start`: the whole product on this machine, until Ctrl-C. See README.md for the settings. */
function numberFrom(variable: string, fallback: number, max: number): number {
  const text = process.env[variable] || String(fallback)
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= max) return value
  throw new StartError(`${variable} is "${text}", and must be a whole number from 1 to ${max}`)
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

function secondsSince(startedAtMs: number): string {
  return `${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s`
}

async function main(): Promise<number> {
  const startedAtMs = performance.now()
  // A terminal or pipe that is gone must not end the launcher before what it started.
  process.stdout.on('error', () => {})
  process.stderr.on('error', () => {})
  const dataDir = process.env['OTT_DATA_DIR'] || '.data'
  const stopping = new AbortController()
  onStopRequest(
    () => {
      print('stopping …')
      stopping.abort(new StartError('stopped before it was ready'))
    },
    () => {
      killRecorded(dataDir)
      process.exit(130)
    },
  )

  let stack: LocalStack
  try {
    stack = await startLocalStack({
      dataDir,
      edgePort: numberFrom('EDGE_PORT', defaultPorts.edge, 65_535),
      servicePortBase: numberFrom('SERVICE_PORT_BASE', defaultPorts.serviceBase, 65_000),
      kafkaPort: numberFrom('KAFKA_PORT', defaultPorts.kafka, 65_535),
      postgresPort: numberFrom('POSTGRES_PORT', defaultPorts.postgres, 65_535),
      partitions: numberFrom('KAFKA_PARTITIONS', defaultPartitions, 1_000),
      env: { GRAPHQL_EXPLORER: process.env['GRAPHQL_EXPLORER'] ?? 'true' },
      log: (line) => print(`  ${line}`),
      signal: stopping.signal,
    })
  } catch (error) {
    if (stopping.signal.aborted) return 0
    throw error
  }
  const shown = relative(process.cwd(), stack.dataDir) || '.'
  print(`ready ${stack.edgeUrl} after ${secondsSince(startedAtMs)}; API keys: ${shown}/credentials.json, logs: ${shown}/logs, Ctrl-C stops`)
  await requested(stopping.signal)
  const stoppedAtMs = performance.now()
  await stack.stop()
  print(`stopped in ${secondsSince(stoppedAtMs)}`)
  return 0
}

function requested(signal: AbortSignal): Promise<void> {
  // The timer keeps the process running; nothing else has to.
  const alive = setInterval(() => {}, 3_600_000)
  return new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (signal.aborted) resolve()
  }).finally(() => clearInterval(alive))
}

try {
  process.exit(await main())
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  if (process.env['OTT_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  process.exit(1)
}
