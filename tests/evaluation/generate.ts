import { readFileSync, writeFileSync } from 'node:fs'
import { describeModels } from './describe-models.ts'
import type { ModelFigures } from './model-figures.ts'

/**
 * Writes docs/models.md from the figures that were recorded, or with `--check` says that it is out of date.
 * Usage: `node tests/evaluation/generate.ts [--check]`
 */
const page = new URL('../../docs/models.md', import.meta.url)
const figures = JSON.parse(readFileSync(new URL('./figures.json', import.meta.url), 'utf8')) as ModelFigures
const text = describeModels(figures)
let committed: string | undefined
try {
  committed = readFileSync(page, 'utf8').replaceAll('\r\n', '\n')
} catch {
  committed = undefined
}
const isCurrent = committed === text
if (process.argv.includes('--check')) {
  if (!isCurrent) process.stderr.write('docs/models.md differs from tests/evaluation/figures.json; run: npm run generate\n')
  process.exitCode = isCurrent ? 0 : 1
} else {
  if (!isCurrent) writeFileSync(page, text)
  process.stdout.write(`1 page, ${isCurrent ? 0 : 1} changed\n`)
}
