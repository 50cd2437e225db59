import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { connectors, isFormat } from '@ott/connectors/connectors'
import { readCsvMapping, type CsvMapping } from '@ott/connectors/csv-mapping'
import { inboundTopicOf } from '@ott/contracts/topics'
import { describeProblems } from '@ott/contracts/result'
import { StartError } from '@ott/dev-env/start-error'
import { createKafkaBus } from '@ott/kafka/kafka-bus'
import { Presets, SingleBar } from 'cli-progress'
import { defaultPorts } from './ports.ts'
import { replayLog } from './replay-log.ts'
import { findInstallation, runCommand } from './running-installation.ts'

const usage = 'usage: npm run replay -- --format apache|sshd|jsonl|csv [--tenant acme] [--rate N] [--mapping FILE.json] [--year N] FILE'

/** `npm run replay`: turns a real log into events of a tenant and shows in the ledger what became of every line. */
await runCommand(async () => {
  const { format, tenant, rate, year, mapping, file } = readArguments()
  const size = (await stat(file).catch(() => undefined))?.size
  if (size === undefined) throw new StartError(`${file} can't be read`)
  const installation = await findInstallation(tenant)
  const before = await installation.ledger()
  const connector = connectors[format]({ fileName: basename(file), year, mapping: mapping === undefined ? undefined : await readMapping(mapping) })
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const brokers = (process.env['KAFKA_BROKERS'] || `127.0.0.1:${process.env['KAFKA_PORT'] || defaultPorts.kafka}`).split(',')
  const bus = await createKafkaBus({ brokers, clientId: 'ott-replay', topicPrefix: process.env['KAFKA_TOPIC_PREFIX'] ?? '', log: quiet })

  const bar = new SingleBar({ format: 'reading {bar} {percentage}% | {entries} entries, {published} published', noTTYOutput: false }, Presets.shades_classic)
  const stream = createReadStream(file)
  bar.start(size, 0, { entries: 0, published: 0 })
  const counts = await replayLog({
    connector,
    source: stream,
    bus,
    topic: inboundTopicOf(tenant),
    tenantId: tenant,
    ratePerSecond: rate,
    onProgress: ({ entries, published }) => bar.update(stream.bytesRead, { entries, published }),
  })
  bar.update(size, { entries: counts.entries, published: counts.published })
  bar.stop()
  await bus.close()

  const settling = new SingleBar({ format: 'judging {bar} {percentage}% | {value} of {total}', noTTYOutput: false }, Presets.shades_classic)
  settling.start(counts.published, 0)
  const after = await installation.settled((now) => settling.update(Math.max(0, Math.min(counts.published, now.accepted - before.accepted - now.inFlight))))
  settling.stop()

  const skipped = [...counts.skipped.values()].reduce((sum, count) => sum + count, 0)
  const delta = (term: keyof typeof after) => after[term] - before[term]
  const lines = [
    `${counts.entries} lines = ${counts.published} published + ${skipped} skipped`,
    ...[...counts.skipped].sort(([, a], [, b]) => b - a).map(([reason, count]) => `    ${String(count).padStart(7)} ${reason}`),
    `ledger of ${tenant}: ${delta('accepted')} accepted = ${delta('processed')} processed + ${delta('duplicate')} duplicate + ${delta('filtered')} filtered + ${delta('deadLettered')} dead-lettered + ${delta('inFlight')} in flight; missing ${after.missing}`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  return after.missing === 0 && delta('accepted') >= counts.published ? 0 : 1
})

function readArguments() {
  let parsed
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: { format: { type: 'string' }, tenant: { type: 'string', default: 'acme' }, rate: { type: 'string' }, mapping: { type: 'string' }, year: { type: 'string' } },
    })
  } catch (error) {
    throw new StartError(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
  }
  const { values, positionals } = parsed
  const [file, ...more] = positionals
  if (values.format === undefined || !isFormat(values.format) || file === undefined || more.length > 0) throw new StartError(usage)
  const positive = (name: 'rate' | 'year') => {
    const text = values[name]
    if (text === undefined) return undefined
    const value = Number(text)
    if (!Number.isInteger(value) || value < 1) throw new StartError(`--${name} must be a whole number above 0, not "${text}"`)
    return value
  }
  // A syslog line has no year. Last year's can't lie in the future, whatever month it names.
  const year = positive('year') ?? new Date().getUTCFullYear() - 1
  return { format: values.format, tenant: values.tenant, rate: positive('rate'), year, mapping: values.mapping, file }
}

async function readMapping(file: string): Promise<CsvMapping> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new StartError(`${file} can't be read`)
  })
  const mapping = readCsvMapping(text)
  if (!mapping.ok) throw new StartError(`${file} is not a mapping: ${describeProblems(mapping.problems)}`)
  return mapping.value
}
