import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { rulesInForce } from '@ott/compliance/rules-in-force'
import { complianceStage } from '@ott/compliance/stage'
import { schema } from '@ott/compliance/schema'
import { eventAccepted } from '@ott/contracts/event-accepted'
import { eventAssessed, type EventAssessed } from '@ott/contracts/event-assessed'
import { startDatabase } from '@ott/dev-env/start-database'
import { createMemoryBus } from '@ott/pipeline/memory-bus'
import { defaultStageSettings, runStage } from '@ott/pipeline/run-stage'
import { silentObserver } from '@ott/pipeline/stage-observer'
import { openDatabase } from '@ott/postgres/database'
import { provision } from '@ott/postgres/provision'
import { compileRuleSet, type CompiledRuleSet } from '@ott/regulations/compile-rule-set'
import { loadPacks } from '@ott/regulations/load-packs'
import { judgedEvents } from './judged-events.ts'

/**
 * `npm run bench -- --stage compliance`: the compliance stage alone in this process, from record to record, on a bus in memory and a real
 * database, with all packs on and, in turns, with one. The ratio is what counts; machines differ.
 */
const { values } = parseArgs({
  options: {
    stage: { type: 'string' },
    events: { type: 'string', default: '60000' },
    rounds: { type: 'string', default: '3' },
    pack: { type: 'string', default: 'gdpr' },
  },
})
const count = Number(values.events)
const tenantId = 'acme'
const print = (line: string) => process.stdout.write(`${line}\n`)

await using scope = new AsyncDisposableStack()
const dataDir = await mkdtemp(join(tmpdir(), 'ott-bench-'))
scope.defer(() => rm(dataDir, { recursive: true, force: true }))
const server = await startDatabase({ dataDir })
scope.defer(() => server.stop())
const urls = await provision({ adminUrl: server.url, schemas: [schema], passwords: { compliance: 'bench' } })
const database = openDatabase({ url: urls['compliance'] ?? '', poolMax: 6, applicationName: 'bench' })
scope.defer(() => database.close())

const packs = await loadPacks()
const one = packs.filter(({ regulation }) => regulation === values.pack)
if (one.length === 0) throw new Error(`--pack: there is no ${values.pack}`)
const compiledAtMs = performance.now()
const all = compileRuleSet(packs)
const compiledMs = performance.now() - compiledAtMs
print(`${packs.length} packs, ${all.rules.length} rules, compiled in ${Math.round(compiledMs)} ms; ${count} events; database (${server.kind}) is up`)

const records = [...judgedEvents(packs, tenantId, count)]

interface Measured {
  readonly rate: number
  /** Of this process, the database's aside. */
  readonly cpuMicrosPerEvent: number
  readonly findings: number
  readonly timelines: number
}

/** Events a second through the stage, timelines empty at first. */
async function measure(rules: CompiledRuleSet): Promise<Measured> {
  await database.transaction([tenantId], (sql) => sql.query('delete from compliance.timelines'))
  const bus = createMemoryBus()
  await bus.createTopics([eventAccepted, eventAssessed].map(({ topic }) => ({ name: topic, compacted: false, retentionMs: 0 })), 6)
  await bus.publish(records)
  const published = async () => (await bus.endOffsets(eventAssessed.topic)).reduce((sum, end) => sum + Number(end), 0)
  const inForce = rulesInForce(rules)
  globalThis.gc?.()
  const failed = Promise.withResolvers<never>()
  const startedAtMs = performance.now()
  const cpuBefore = process.cpuUsage()
  const running = await runStage(
    complianceStage({ inForce: () => inForce, latenessMs: 86_400_000 }),
    { bus, unitOfWork: database.transaction, observer: silentObserver, nowMs: Date.now, random: Math.random },
    { ...defaultStageSettings, group: 'bench', topics: [eventAccepted.topic] },
    failed.reject,
  )
  const arrived = async () => {
    while ((await published()) < count) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await Promise.race([arrived(), failed.promise])
  const rate = count / ((performance.now() - startedAtMs) / 1_000)
  const { user, system } = process.cpuUsage(cpuBefore)
  await running.stop()
  const findings = bus.readAll(eventAssessed.topic).reduce((sum, { value }) => sum + (JSON.parse(String(value)) as EventAssessed).data.findings.length, 0)
  const [held] = await database.transaction([tenantId], (sql) => sql.query<{ count: string }>('select count(*) from compliance.timelines'))
  return { rate, cpuMicrosPerEvent: (user + system) / count, findings, timelines: Number(held?.count) }
}

await measure(all)
const rounds: { all: Measured; one: Measured }[] = []
for (let n = 1; n <= Number(values.rounds); n++) {
  const round = { all: await measure(all), one: await measure(compileRuleSet(one)) }
  rounds.push(round)
  const shown = ({ rate, cpuMicrosPerEvent }: Measured) => `${Math.round(rate)} events/s (${cpuMicrosPerEvent.toFixed(0)} µs of CPU an event)`
  print(`round ${n}: ${shown(round.all)} with all packs, ${shown(round.one)} with ${values.pack} alone`)
}
const median = (figures: readonly number[]) => [...figures].sort((x, y) => x - y)[Math.floor(figures.length / 2)] ?? Number.NaN
const withAll = median(rounds.map((round) => round.all.rate))
const withOne = median(rounds.map((round) => round.one.rate))
print(`median: ${Math.round(withAll)} events/s with all packs, ${Math.round(withOne)} with one; ratio ${(withAll / withOne).toFixed(2)}`)
// That rules of all kinds were at work.
print(`${rounds[0]?.all.findings} findings and ${rounds[0]?.all.timelines} timelines in a round with all packs`)
