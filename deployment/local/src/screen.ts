import { createReadStream } from 'node:fs'
import { linesOf } from '@ott/connectors/lines'
import { StartError } from '@ott/dev-env/start-error'
import { screenLine } from '@ott/screening/screen-line'
import { runCommand } from './running-installation.ts'

const usage = 'usage: npm run -s screen -- FILE.jsonl'
const lineLengthMax = 16 * 1_048_576

/**
 * `npm run -s screen`: prints the lines of a file of `{"text": …}`, each with the attacks found in it as `"hits"`. What is wrong with a
 * line goes to stderr, its neighbours are screened all the same, and the exit code is 1.
 */
await runCommand(async () => {
  const [file, ...more] = process.argv.slice(2)
  if (file === undefined || more.length > 0) throw new StartError(usage)
  // Whoever reads may have seen enough: `… | head`.
  process.stdout.on('error', () => process.exit(0))
  let wrong = 0
  for await (const { lineNumber, text } of linesOf(bytesOf(file), lineLengthMax)) {
    if (text !== undefined && text.trim() === '') continue
    const screened = text === undefined ? ({ ok: false, problem: `is longer than ${lineLengthMax} characters` } as const) : screenLine(text)
    if (screened.ok) await print(`${screened.line}\n`)
    else {
      wrong += 1
      process.stderr.write(`line ${lineNumber} ${screened.problem}\n`)
    }
  }
  return wrong === 0 ? 0 : 1
})

async function* bytesOf(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(file) as AsyncIterable<Uint8Array>
  } catch (error) {
    throw new StartError(`${file} can't be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Waits while the reader is behind, so that a large file never lies in memory. */
async function print(line: string): Promise<void> {
  if (!process.stdout.write(line)) await new Promise<void>((resolve) => void process.stdout.once('drain', resolve))
}
