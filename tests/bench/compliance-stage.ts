import { parseArgs } from 'node:util'
import { rulesInForce } from '@ott/compliance/rules-in-force'
import { complianceStage } from '@ott/compliance/stage'
import { schema } from '@ott/compliance/schema'
import { eventAccepted } from '@ott/contracts/event-accepted'
import { eventAssessed, type EventAssessed } from '@ott/contracts/event-assessed'
import { compileRuleSet, type CompiledRuleSet } from '@ott/regulations/compile-rule-set'
import { loadPacks } from '@ott/regulations/load-packs'
import { judgedEvents } from './judged-events.ts'
import { benchDatabase, measureStage, shownRate, type StageRate } from './measure-stage.ts'
import { median } from './process-figures.ts'

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
const { database, kind } = await benchDatabase(schema, scope)

const packs = await loadPacks()
const one = packs.filter(({ regulation }) => regulation === values.pack)
if (one.length === 0) throw new Error(`--pack: there is no ${values.pack}`)
const compiledAtMs = performance.now()
const all = compileRuleSet(packs)
const compiledMs = performance.now() - compiledAtMs
print(`${packs.length} packs, ${all.rules.length} rules, compiled in ${Math.round(compiledMs)} ms; ${count} events; database (${kind}) is up`)

const records = [...judgedEvents(packs, tenantId, count)]

interface Measured extends StageRate {
  readonly findings: number
  readonly timelines: number
}

/** Events a second through the stage, timelines empty at first. */
async function measure(rules: CompiledRuleSet): Promise<Measured> {
  await database.transaction([tenantId], (sql) => sql.query('delete from compliance.timelines'))
  const inForce = rulesInForce(rules)
  const stage = complianceStage({ inForce: () => inForce, latenessMs: 86_400_000 })
  const { results, ...measured } = await measureStage({ stage, database, records, inbound: eventAccepted.topic, outbound: eventAssessed.topic })
  const findings = results.reduce((sum, { value }) => sum + (JSON.parse(String(value)) as EventAssessed).data.findings.length, 0)
  const [held] = await database.transaction([tenantId], (sql) => sql.query<{ count: string }>('select count(*) from compliance.timelines'))
  return { ...measured, findings, timelines: Number(held?.count) }
}

await measure(all)
const rounds: { all: Measured; one: Measured }[] = []
for (let n = 1; n <= Number(values.rounds); n++) {
  const round = { all: await measure(all), one: await measure(compileRuleSet(one)) }
  rounds.push(round)
  print(`round ${n}: ${shownRate(round.all)} with all packs, ${shownRate(round.one)} with ${values.pack} alone`)
}
const withAll = median(rounds.map((round) => round.all.rate))
const withOne = median(rounds.map((round) => round.one.rate))
print(`median: ${Math.round(withAll)} events/s with all packs, ${Math.round(withOne)} with one; ratio ${(withAll / withOne).toFixed(2)}`)
// That rules of all kinds were at work.
print(`${rounds[0]?.all.findings} findings and ${rounds[0]?.all.timelines} timelines in a round with all packs`)
