import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { nodeArguments } from './node-arguments.ts'

/**
 * The first program of a container: becomes `node <arguments> <file>` in the same process, so that signals, exit code and
 * memory are the service's own. Which arguments depends on what is installed, so they can't stand in the image.
 */
const [file, ...rest] = process.argv.slice(2)
if (file === undefined) {
  process.stderr.write('start-in-container: name the program to start, for example services/ingest/src/main.ts\n')
  process.exit(1)
}
const canTrace = existsSync(join(process.cwd(), 'node_modules/@ott/telemetry'))
if (!canTrace && process.env['OTEL_EXPORTER_OTLP_ENDPOINT']) {
  process.stderr.write(`start-in-container: ${file} has no tracing, and runs without it\n`)
}
process.execve?.(process.execPath, [process.execPath, ...nodeArguments(canTrace), file, ...rest], process.env)
