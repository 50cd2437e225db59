import { generateKeyPairSync, sign } from 'node:crypto'
import { parseArgs } from 'node:util'
import { buildEvent, recordKeyOf } from '@ott/contracts/define-event'
import { eventScored, riskFactorNames } from '@ott/contracts/event-scored'
import { violationOpened } from '@ott/contracts/violation-opened'
import { decideBatch, rowsOf } from '@ott/pipeline/decide-batch'
import { appendToTimeline, timelineHeader } from '@ott/pipeline/stage-timeline'
import type { OutboundRecord } from '@ott/pipeline/record'
import type { Sql } from '@ott/postgres/database'
import { makeEvents } from '@ott/simulator/make-events'
import { saveViolationRows } from '@ott/violation/save-violations'
import { schema } from '@ott/violation/schema'
import { createSealer } from '@ott/violation/sealer'
import { violationStage } from '@ott/violation/stage'
import { eventKeyOf } from '@ott/contracts/derived-id'
import { benchDatabase, measureStage, shownRate, type StageRate } from './measure-stage.ts'
import { median } from './process-figures.ts'

/**
 * `npm run bench -- --stage violation`: what the decision log costs. The violation stage alone in this process, on a bus in memory and a real
 * database, with the log, sealed and signed beside it, and in turns without: events a second, CPU an event, and how long a lone batch takes.
 */
const { values } = parseArgs({
  options: {
    stage: { type: 'string' },
    events: { type: 'string', default: '60000' },
    rounds: { type: 'string', default: '5' },
    batches: { type: 'string', default: '1000' },
    'batch-size': { type: 'string', default: '20' },
  },
})
const count = Number(values.events)
const tenantId = 'acme'
const source = 'urn:ott:bench:violation'
/** One event in so many breaks a rule. */
const findingEvery = 50
const print = (line: string) => process.stdout.write(`${line}\n`)

await using scope = new AsyncDisposableStack()
const { database, owner, kind } = await benchDatabase(schema, scope, ['ingest', 'compliance', 'ml-scoring'])

const tenants = { get: () => undefined }
const withLog = violationStage(tenants, Date.now)
type Save = NonNullable<typeof withLog.save>
const withoutLog: typeof withLog = { ...withLog, save: (rows, sql) => saveViolationRows(rows, sql, Date.now(), saveUnlogged) }

const { privateKey } = generateKeyPairSync('ed25519')
const sealer = createSealer({
  database,
  tenantIds: () => [tenantId],
  nowMs: Date.now,
  sign: (checkpoint) => ({ ...checkpoint, keyId: 'bench', signature: sign(null, Buffer.from(JSON.stringify(checkpoint)), privateKey).toString('base64url') }),
  checkpointEntries: 1_000,
  checkpointIntervalMs: 60_000,
  waitingEntriesMax: Number.POSITIVE_INFINITY,
  waitingMsMax: Number.POSITIVE_INFINITY,
  observer: { sealed: () => undefined, waiting: () => undefined, fault: (error) => print(`sealing failed: ${String(error)}`) },
})

/** The statement of the table alone, as it would be without the log. */
function saveUnlogged(rows: Parameters<Save>[0], sql: Sql, nowMs: number): void {
  const processed = rows.filter(({ row }) => row.table === 'processed_events').map(({ received }) => received)
  const data = processed.map(({ event }) => event.data)
  sql.send(
    `insert into violation.processed_events
       (tenant_id, event_key, event_id, source, subject, type, event_time, received_at, processed_at, timeline, rule_set_version, findings, risk)
     select t, k, i, s, u, y, e, r, $13::timestamptz, l, v, f, x
     from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[], $9::text[], $10::text[], $11::json[], $12::json[])
       as n (t, k, i, s, u, y, e, r, l, v, f, x)
     on conflict (tenant_id, event_key) do nothing`,
    [
      processed.map((received) => received.tenantId),
      data.map(({ event }) => eventKeyOf(tenantId, event.source, event.id)),
      data.map(({ event }) => event.id),
      data.map(({ event }) => event.source),
      processed.map(({ subject }) => subject),
      data.map(({ event }) => event.type),
      data.map(({ event }) => event.time),
      data.map(({ receivedAt }) => receivedAt),
      processed.map(({ record }) => appendToTimeline(record.headers[timelineHeader], { stage: 'violation', atMs: nowMs, durationMs: Math.max(0, nowMs - record.timestampMs) })),
      data.map(({ ruleSetVersion }) => ruleSetVersion),
      data.map(({ findings }) => JSON.stringify(findings)),
      data.map(({ risk }) => JSON.stringify(risk)),
      new Date(nowMs),
    ],
  )
}

function* scoredRecords(prefix: string, amount: number): Generator<OutboundRecord> {
  let n = 0
  for (const { type, subject, time, data } of makeEvents({ seed: 'violations', count: amount, subjects: 5_000, startsAt: '2026-01-01T00:00:00Z', source })) {
    const id = `${prefix}-${n}`
    const findings = n++ % findingEvery === 0 ? [{ rule: 'bench.rule', regulation: 'bench', citation: 'Bench § 1', severity: 'high' as const, message: 'a rule is broken', values: { id } }] : []
    const scored = buildEvent(eventScored, {
      id: `scored-${id}`,
      subject,
      time,
      tenantid: tenantId,
      data: {
        event: { id, source, type, time, data },
        receivedAt: time,
        ruleSetVersion: 'bench',
        findings,
        risk: { score: 0.1, factors: riskFactorNames.map((name) => ({ name, value: 1.25, contribution: 0.0123 })), modelVersion: 'bench' },
      },
    })
    yield { topic: eventScored.topic, key: recordKeyOf(scored), value: JSON.stringify(scored), headers: {} }
  }
}

/** Tables are emptied by rounds: they would grow, and the later turn would always be the slower one. The log can't be: it only grows, by blocks of a thousand. */
const forget = () =>
  owner.transaction([tenantId], async (sql) => {
    for (const table of ['processed_events', 'violations', 'evidence']) await sql.query(`delete from violation.${table}`)
  })

async function measure(stage: typeof withLog, isLogged: boolean, name: string): Promise<StageRate & { readonly sealedAfterMs: number }> {
  await forget()
  const records = [...scoredRecords(name, count)]
  const stopSealing = isLogged ? sealMeanwhile() : undefined
  const measured = await measureStage({ stage, database, records, inbound: eventScored.topic, outbound: violationOpened.topic })
  const endedAtMs = performance.now()
  await stopSealing?.()
  if (isLogged) await sealer.turn()
  return { ...measured, sealedAfterMs: performance.now() - endedAtMs }
}

/** As the service does: a turn, and two seconds later the next. */
function sealMeanwhile(): () => Promise<void> {
  let isStopped = false
  const turns = async () => {
    while (!isStopped) {
      await sealer.turn()
      await new Promise((resolve) => setTimeout(resolve, 2_000))
    }
  }
  const ended = turns()
  return async () => {
    isStopped = true
    await ended
  }
}

print(`${count} events, one in ${findingEvery} breaks a rule; database (${kind}) is up`)
await measure(withLog, true, 'warm')
await measure(withoutLog, false, 'warm')
const rounds: { logged: StageRate & { sealedAfterMs: number }; bare: StageRate }[] = []
for (let n = 1; n <= Number(values.rounds); n++) {
  // Whoever goes second finds the database busier with what the first left behind.
  const logged = () => measure(withLog, true, `logged-${n}`)
  const bare = () => measure(withoutLog, false, `bare-${n}`)
  const round = n % 2 === 0 ? { bare: await bare(), logged: await logged() } : { logged: await logged(), bare: await bare() }
  rounds.push(round)
  print(`round ${n}: ${shownRate(round.logged)} with the log, all sealed ${Math.round(round.logged.sealedAfterMs)} ms after the last event; ${shownRate(round.bare)} without`)
}
const share = (ratio: number) => `${((ratio - 1) * 100).toFixed(1)} %`
const ratioOf = (pick: (rate: StageRate) => number) => median(rounds.map(({ logged, bare }) => pick(logged) / pick(bare)))
print(`median: ${Math.round(median(rounds.map(({ logged }) => logged.rate)))} events/s with the log, ${Math.round(median(rounds.map(({ bare }) => bare.rate)))} without; the log costs ${share(1 / ratioOf(({ rate }) => rate))} of time and ${share(ratioOf(({ cpuMicrosPerEvent }) => cpuMicrosPerEvent))} of this process's CPU an event`)

/** Time from a batch's arrival until its transaction is committed. */
async function loneBatch(stage: typeof withLog, records: readonly OutboundRecord[]): Promise<number> {
  const batch = records.map((record, n) => stage.read({ ...record, partition: 0, offset: BigInt(n), timestampMs: Date.now(), value: Buffer.from(String(record.value)) })).flatMap((read) => (read.ok ? [read.received] : []))
  const startedAtMs = performance.now()
  await database.transaction([tenantId], async (sql) => {
    const facts = await stage.load(batch, sql, undefined)
    await stage.save?.(rowsOf(decideBatch(stage, batch, facts)), sql)
  })
  return performance.now() - startedAtMs
}

await forget()
const size = Number(values['batch-size'])
const all = [...scoredRecords('lone', Number(values.batches) * size * 2)]
const took: { logged: number[]; bare: number[] } = { logged: [], bare: [] }
const stopSealing = sealMeanwhile()
for (let n = 0; n * size < all.length; n++) {
  const isLogged = n % 4 === 0 || n % 4 === 3
  took[isLogged ? 'logged' : 'bare'].push(await loneBatch(isLogged ? withLog : withoutLog, all.slice(n * size, (n + 1) * size)))
  await new Promise((resolve) => setTimeout(resolve, 3))
}
await stopSealing()
const percentile = (figures: readonly number[], part: number) => [...figures].sort((a, b) => a - b)[Math.floor(figures.length * part)] ?? Number.NaN
for (const [name, part] of [['p50', 0.5], ['p99', 0.99]] as const) {
  const [logged, bare] = [percentile(took.logged, part), percentile(took.bare, part)]
  print(`a lone batch of ${size}, ${name}: ${logged.toFixed(2)} ms with the log, ${bare.toFixed(2)} ms without: ${(logged - bare).toFixed(2)} ms, ${share(logged / bare)}`)
}
