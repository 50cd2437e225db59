import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { complianceDashboard } from './dashboard.ts'

/**
 * Writes the Grafana dashboard, or with `--check` says that it is out of date.
 * Usage: `node deployment/observability/src/generate.ts [--check]`
 */
const file = fileURLToPath(new URL('../grafana/dashboards/ott-compliance.json', import.meta.url))
const text = `${JSON.stringify(complianceDashboard(), null, 2)}\n`
const isCurrent = committed() === text
if (process.argv.includes('--check')) {
  if (!isCurrent) process.stderr.write('grafana/dashboards/ott-compliance.json differs from src/dashboard.ts; run: node deployment/observability/src/generate.ts\n')
  process.exitCode = isCurrent ? 0 : 1
} else {
  if (!isCurrent) writeFileSync(file, text)
  process.stdout.write(`1 file, ${isCurrent ? 0 : 1} changed\n`)
}

function committed(): string | undefined {
  try {
    return readFileSync(file, 'utf8').replaceAll('\r\n', '\n')
  } catch {
    return undefined
  }
}
