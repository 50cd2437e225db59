import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { driftedFiles, generatedFiles } from './generated-files.ts'

/**
 * Writes what is generated from the contracts, or with `--check` says what of it is out of date.
 * Usage: `node libs/contracts/src/generate.ts [--check] [folder]`
 */
const args = process.argv.slice(2)
const check = args.includes('--check')
const folder = args.find((argument) => !argument.startsWith('--')) ?? fileURLToPath(new URL('../generated', import.meta.url))

function readFolder(path: string): Map<string, string> {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return new Map(files.map((file) => [relative(path, file).replaceAll('\\', '/'), readFileSync(file, 'utf8').replaceAll('\r\n', '\n')]))
}

mkdirSync(folder, { recursive: true })
const generated = generatedFiles()
const drifted = driftedFiles(generated, readFolder(folder))
if (check) {
  for (const path of drifted) process.stderr.write(`${path} differs from the contracts\n`)
  if (drifted.length > 0) process.stderr.write('run: node libs/contracts/src/generate.ts\n')
  process.exitCode = drifted.length > 0 ? 1 : 0
} else {
  for (const path of drifted) {
    const file = join(folder, path)
    const text = generated.get(path)
    mkdirSync(dirname(file), { recursive: true })
    if (text === undefined) rmSync(file)
    else writeFileSync(file, text)
  }
  process.stdout.write(`${generated.size} files, ${drifted.length} changed\n`)
}
