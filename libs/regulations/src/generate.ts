import { readFileSync, writeFileSync } from 'node:fs'
import { describeRegulations } from './describe-regulations.ts'
import { loadPacks } from './load-packs.ts'

/**
 * Writes docs/regulations.md from the packs, or with `--check` says that it is out of date.
 * Usage: `node libs/regulations/src/generate.ts [--check]`
 */
const file = new URL('../../../docs/regulations.md', import.meta.url)
const text = describeRegulations(await loadPacks())
const isCurrent = committed() === text
if (process.argv.includes('--check')) {
  if (!isCurrent) process.stderr.write('docs/regulations.md differs from the packs; run: npm run generate\n')
  process.exitCode = isCurrent ? 0 : 1
} else {
  if (!isCurrent) writeFileSync(file, text)
  process.stdout.write(`1 page, ${isCurrent ? 0 : 1} changed\n`)
}

function committed(): string | undefined {
  try {
    return readFileSync(file, 'utf8').replaceAll('\r\n', '\n')
  } catch {
    return undefined
  }
}
