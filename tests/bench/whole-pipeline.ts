import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { inboundTopicOf } from '@ott/contracts/topics'
import { freePortBase } from '@ott/dev-env/free-port'
import { startBackends } from '@ott/dev-env/start-backends'
import { createKafkaBus } from '@ott/kafka/kafka-bus'
import { defaultPartitions, startLocalStack, type PartName } from '@ott/local/local-stack'
import { serviceNames } from '@ott/local/ports'
import pg from 'pg'
import { measureCeiling } from './ceiling.ts'
import { median, cpuSecondsOf, peakMemoryMb } from './process-figures.ts'
import { loadRecords, publishAll, untilCount } from './load.ts'
import { measureLatencyApart, type Percentiles } from './latency.ts'
import { eventsPerPost, openDoor, preparePosts, sendAll } from './posts.ts'

/**
 * `npm run bench`: the bare ceiling and the whole pipeline in one run on the same broker and database, then the
 * end-to-end latency at half the pipeline's rate. Ratios within one run are what counts; machines differ.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '60000' },
    rounds: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '15' },
    out: { type: 'string', default: 'bench-results' },
  },
})
const count = Number(values.events)
const warmUp = Math.min(10_000, Math.round(count / 6))
const partitions = defaultPartitions
const tenantId = 'acme'
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }

const print = (line: string) => process.stdout.write(`${line}\n`)
const progress = (what: string, total: number) => (done: number) => {
  if (process.stdout.isTTY) process.stdout.write(`\r${what}: ${done} of ${total}   ${done >= total ? '\n' : ''}`)
}

await using scope = new AsyncDisposableStack()
const dataDir = await mkdtemp(join(tmpdir(), 'ott-bench-'))
scope.defer(() => rm(dataDir, { recursive: true, force: true }))
const ports = await freePortBase(12)
const backends = await startBackends({ dataDir: join(dataDir, 'backends'), kafkaPort: ports + 11, postgresPort: ports + 12 })
scope.defer(() => backends.stop())
const { brokers } = backends.broker
print(`broker (${backends.broker.kind}) and database (${backends.database.kind}) are up; ${count} events of about 1 kB, ${partitions} partitions, ${eventsPerPost} events a post`)
const bus = await createKafkaBus({ brokers, clientId: 'bench', topicPrefix: '', log: quiet })
scope.defer(() => bus.close())
const client = new pg.Client({ connectionString: backends.database.url })
await client.connect()
scope.defer(() => client.end())

const rounds = async (what: string, measure: (round: number) => Promise<number>): Promise<number[]> => {
  const rates: number[] = []
  for (let round = 1; round <= Number(values.rounds); round++) {
    const rate = await measure(round)
    rates.push(rate)
    print(`${what}, round ${round}: ${Math.round(rate)} events/s`)
  }
  return rates
}
const ceilings = await rounds('(a) bare ceiling', (round) =>
  measureCeiling({
    bus,
    brokers,
    partitions,
    adminUrl: backends.database.url,
    records: (topic) => loadRecords(topic, tenantId, count, `urn:ott:bench:ceiling:${round}`),
    count,
    round,
    onProgress: progress('bare ceiling', count),
  }),
)

// The stack finds broker and database as given ones, so that both measurements stand on the same.
process.env['KAFKA_BROKERS'] = brokers.join(',')
process.env['DATABASE_URL'] = backends.database.url
const stack = await startLocalStack({
  dataDir: join(dataDir, 'stack'),
  edgePort: ports + 10,
  servicePortBase: ports,
  kafkaPort: ports + 11,
  postgresPort: ports + 12,
  partitions,
  // Everything comes from one address, and is no partner's.
  env: { LOG_LEVEL: 'warn', EDGE_RATE_LIMIT_PER_HOUR: '100000000' },
})
scope.defer(() => stack.stop())
const credentials = JSON.parse(await readFile(join(stack.dataDir, 'credentials.json'), 'utf8')) as Record<string, { apiKey: string }>
const apiKey = credentials[tenantId]?.apiKey ?? ''
const processed = 'select count(*) from violation.processed_events'

const door = openDoor(stack.edgeUrl, apiKey)
scope.defer(() => door.close())
let expected = 0
const timed = async (events: number, offer: () => Promise<void>): Promise<number> => {
  const startedAtMs = performance.now()
  await offer()
  await untilCount(client, processed, (expected += events), progress('pipeline', expected))
  return events / ((performance.now() - startedAtMs) / 1_000)
}
const posting = (events: number, source: string) => {
  const posts = preparePosts('throughput', '2026-02-01', events, source)
  return timed(events, () => sendAll(door, posts))
}
const publishing = (events: number, source: string) =>
  timed(events, () => publishAll(bus, loadRecords(inboundTopicOf(tenantId), tenantId, events, source)))

await posting(warmUp, 'urn:ott:bench:warm-up')
const parts: PartName[] = ['edge', ...serviceNames]
const pids = (): [string, number | undefined][] => [...parts.map((part): [string, number | undefined] => [part, stack.pidOf(part)]), ['broker', backends.broker.pid], ['postgres', backends.database.pid]]
const roundsWithCpu = async (what: string, measure: (round: number) => Promise<number>) => {
  const before = await cpuSecondsOf(pids())
  const rates = await rounds(what, measure)
  const cpuMicrosPerEvent = perEvent(before, await cpuSecondsOf(pids()), count * rates.length)
  print(`    CPU, µs an event: ${listed(cpuMicrosPerEvent)}`)
  return { rates, cpuMicrosPerEvent }
}
const fromTopic = await roundsWithCpu('(b) whole pipeline, from the topic', (round) => publishing(count, `urn:ott:bench:topic:${round}`))
const fromPost = await roundsWithCpu('(b) whole pipeline, from the post', (round) => posting(count, `urn:ott:bench:post:${round}`))
const ceiling = median(ceilings)
const pipeline = median(fromPost.rates)
const ratio = pipeline / ceiling
print(`ratio b/a: ${ratio.toFixed(2)} from the post, ${(median(fromTopic.rates) / ceiling).toFixed(2)} from the topic`)

// What the rounds left to be vacuumed and written would else be done in the midst of what is measured next.
await client.query('vacuum (analyze)')
await client.query('checkpoint')
await promisify(execFile)('sync').catch(() => undefined)
const cpuBeforeLatency = await cpuSecondsOf(pids())
const latency = await measureLatencyApart({
  url: stack.edgeUrl,
  apiKey,
  databaseUrl: backends.database.url,
  ratePerSecond: Math.floor(pipeline / 2),
  seconds: Number(values.seconds),
  source: 'urn:ott:bench:latency',
})
const shown = ({ p50, p95, p99 }: Percentiles) => `p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`
print(`(c) post → processed at ${latency.eventsPerSecond} events/s (${latency.events} events): ${shown(latency.endToEnd)}`)
const cpuMicrosAtHalfRate = perEvent(cpuBeforeLatency, await cpuSecondsOf(pids()), latency.eventsPosted)
print(`    CPU, µs an event: ${listed(cpuMicrosAtHalfRate)}`)
for (const [stage, times] of Object.entries(latency.stages)) print(`    ${stage.padEnd(12)} ${shown(times)}`)

const memory: Record<string, number> = {}
for (const [part, pid] of [...pids(), ['client', process.pid] as const]) memory[part] = await peakMemoryMb(pid)
print(`peak memory, MB: ${listed(memory)}`)

const ledger = (await (await fetch(`${stack.edgeUrl}/v1/ledger`, { headers: { 'x-api-key': apiKey } })).json()) as { missing: number; processed: number }
print(`ledger: ${JSON.stringify(ledger)}`)
await mkdir(values.out, { recursive: true })
const file = join(values.out, 'bench.json')
const report = { at: new Date().toISOString(), events: count, partitions, ceilings, fromTopic, fromPost, ratio, latency, cpuMicrosPerEventAtHalfRate: cpuMicrosAtHalfRate, peakMemoryMb: memory, ledger }
await writeFile(file, `${JSON.stringify(report, null, 2)}\n`)
print(`written to ${file}`)
if (ledger.missing !== 0) process.exitCode = 1

function listed(figures: Readonly<Record<string, number>>): string {
  return Object.entries(figures)
    .map(([part, figure]) => `${part} ${figure}`)
    .join(', ')
}

function perEvent(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>, events: number): Record<string, number> {
  return Object.fromEntries(Object.entries(after).map(([part, seconds]) => [part, Math.round(((seconds - (before[part] ?? 0)) * 1e6) / events)]))
}
