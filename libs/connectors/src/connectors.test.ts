import { createReadStream, existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { checkViewerEvent } from '@ott/contracts/viewer-event'
import fc from 'fast-check'
import type { NumberedReading, Reading } from './connector.ts'
import { connectors, isFormat, type Format } from './connectors.ts'
import { readCsvMapping } from './csv-mapping.ts'
import { lineLengthMax, linesOf } from './lines.ts'

const read = readCsvMapping(
  JSON.stringify({
    type: 'com.ott.profile.updated.v1',
    subject: 'who',
    time: 'at',
    data: { fields: { column: 'fields', as: 'json' }, 'a.b': { column: 'n', as: 'number' } },
  }),
)
if (!read.ok) throw new Error(JSON.stringify(read.problems))
const mapping = read.value
const formats = Object.keys(connectors) as Format[]
const connectorOf = (format: Format, fileName = 'some/folder/a.log') => connectors[format]({ fileName, year: 2024, mapping })

async function* chunksOf(bytes: Uint8Array, size: number) {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size)
}

async function readAll(format: Format, text: string, fileName?: string): Promise<NumberedReading[]> {
  const readings: NumberedReading[] = []
  for await (const reading of connectorOf(format, fileName).readings(chunksOf(Buffer.from(text), 1_000))) readings.push(reading)
  return readings
}

const idOf = (reading: Reading | undefined) => (reading?.kind === 'event' ? reading.event['id'] : reading?.reason)

const samples: Record<Format, string> = {
  apache: '192.0.2.7 - - [03/Mar/2024:21:04:05 +0100] "GET / HTTP/1.1" 200 5 "-" "x"',
  sshd: 'Mar  3 04:05:06 gate sshd[8]: Failed password for root from 192.0.2.9 port 42 ssh2',
  jsonl: '{"specversion":"1.0","id":"1","source":"s","type":"com.ott.profile.updated.v1","subject":"a","data":{"fields":["x"]}}',
  csv: 'ann,2024-01-01T00:00:00Z,"[""name""]",1.5',
}
const withHeader = (format: Format, text: string) => (format === 'csv' ? `who,at,fields,n\n${text}` : text)

describe.each(formats)('%s', (format) => {
  test('the same file gives the same ids wherever it lies; equal lines and other file names give others', async () => {
    const text = withHeader(format, `${samples[format]}\n${samples[format]}`)
    const [here, there, other] = await Promise.all([
      readAll(format, text, 'here/a.log'),
      readAll(format, text, 'over/there/a.log'),
      readAll(format, text, 'here/b.log'),
    ])
    const ids = (readings: NumberedReading[]) => readings.map(({ reading }) => idOf(reading))
    expect(ids(here)).toEqual(ids(there))
    if (format !== 'jsonl') expect(new Set([...ids(here), ...ids(other)]).size).toBe(4)
  })

  test('whatever the file holds, each line is an event that the contract takes, or skipped with a short reason', async () => {
    const awkward = ['"', ',', '\n', '\r\n', ' ', '[', ']', ' from ', ' port 1', ': ', '\u0000', '\ud800', '\\', '-']
    const pieces = fc.array(fc.constantFrom(...awkward, ...samples[format].split(/\b/)), { maxLength: 60 })
    const line = fc.oneof(fc.string({ unit: 'binary' }), pieces.map((parts) => parts.join('')), mutated(samples[format]))
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.integer({ min: 1, max: 50 }), async (lines, chunkBytes) => {
        const text = withHeader(format, lines.join('\n'))
        const connector = connectorOf(format)
        let lastLine = 0
        for await (const { lineNumber, reading } of connector.readings(chunksOf(Buffer.from(text), chunkBytes))) {
          expect(lineNumber).toBeGreaterThan(lastLine)
          lastLine = lineNumber
          if (reading.kind === 'skipped') expect(reading.reason).toMatch(/^[a-z]+(-[a-z]+)*$/)
          else if (format === 'jsonl') expect(typeof reading.event).toBe('object')
          else expect(checkViewerEvent(reading.event, Infinity)).toHaveProperty('ok', true)
        }
        // A CSV record may span lines, and its header is none; elsewhere every line is accounted for.
        if (format !== 'csv') expect(lastLine).toBe(text === '' ? 0 : text.replace(/\n$/, '').split('\n').length)
      }),
      { numRuns: 250 },
    )
  })
})

/** A sample with a few characters cut out, doubled or replaced: nearer to the paths that matter than noise is. */
function mutated(sample: string) {
  const edit = fc.tuple(fc.nat(sample.length), fc.nat(4), fc.string({ unit: 'grapheme', maxLength: 3 }))
  const edited = (text: string, [at, cut, insert]: [number, number, string]) => text.slice(0, at) + insert + text.slice(at + cut)
  return fc.array(edit, { maxLength: 3 }).map((edits) => edits.reduce(edited, sample))
}

describe('lines', () => {
  const collect = async (source: AsyncIterable<Uint8Array | string>) => {
    const lines: (string | undefined)[] = []
    for await (const { text } of linesOf(source)) lines.push(text)
    return lines
  }

  test('are the same however the stream is cut', async () => {
    const bytes = Buffer.from('\ufeffone\r\nzwölf 🎬\n\n\u2028last')
    for (let size = 1; size <= bytes.length; size++) {
      expect(await collect(chunksOf(bytes, size))).toEqual(['one', 'zwölf 🎬', '', '\u2028last'])
    }
  })

  test('that are over-long cost neither memory nor their neighbours', async () => {
    const bytes = Buffer.from(`a\n${'x'.repeat(lineLengthMax + 1)}\nb\n${'y'.repeat(3 * lineLengthMax)}`)
    expect(await collect(chunksOf(bytes, 65_536))).toEqual(['a', undefined, 'b', undefined])
    expect(await collect(chunksOf(bytes, bytes.length))).toEqual(['a', undefined, 'b', undefined])
  })
})

test('only registered formats are formats', () => {
  expect([...formats, 'constructor', 'xml'].map(isFormat)).toEqual([true, true, true, true, false, false])
})

const dataFolder = process.env['OTT_TEST_DATA']
const logsFolder = join(dataFolder ?? 'absent', 'logs')
const realLogs = [
  { format: 'apache', path: join(logsFolder, 'apache-access.log') },
  { format: 'sshd', path: join(logsFolder, 'openssh-auth.log') },
] as const

if (dataFolder !== undefined && realLogs.every(({ path }) => existsSync(path))) {
  describe.each(realLogs)('real log $format', ({ format, path }) => {
    test('every line is one event that the contract takes, or skipped; failed attempts equal an independent count', async () => {
      const text = await readFile(path, 'utf8')
      const lines = text.replace(/\n$/, '').split('\n')
      const ids = new Set<unknown>()
      let [events, skippedLines, attempts, successes] = [0, 0, 0, 0]
      for await (const { reading } of connectorOf(format, path).readings(createReadStream(path))) {
        if (reading.kind === 'skipped') {
          skippedLines += 1
          continue
        }
        const checked = checkViewerEvent(reading.event, Infinity)
        expect(checked).toHaveProperty('ok', true)
        events += 1
        ids.add(reading.event['id'])
        if (!checked.ok) continue
        if (checked.value.type === 'com.ott.signin.failed.v1') attempts += checked.value.data['attempts'] as number
        if (checked.value.type === 'com.ott.signin.succeeded.v1') successes += 1
      }
      expect(events + skippedLines).toBe(lines.length)
      expect(ids.size).toBe(events)
      const failedLines = lines.filter((line) => line.includes('Failed password for '))
      const timesOf = (line: string) => Number(/message repeated (\d+) times/.exec(line)?.[1] ?? 1)
      const expectedAttempts = failedLines.reduce((sum, line) => sum + timesOf(line), 0)
      expect(attempts).toBe(expectedAttempts)
      expect(successes).toBe(lines.filter((line) => line.includes(': Accepted ')).length)
    })
  })
} else {
  test('REAL LOGS ABSENT (set OTT_TEST_DATA to the folder that holds logs/): the samples above are all that was read', () => {
    const wanted = realLogs.map(({ path }) => path).join(' and ')
    process.stderr.write(`connectors: real logs not read: OTT_TEST_DATA names no folder with ${wanted}\n`)
    expect(formats.every((format) => samples[format] !== '')).toBe(true)
  })
}
