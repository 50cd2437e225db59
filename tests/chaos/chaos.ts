import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePortBase } from '@ott/dev-env/free-port'
import { startLocalStack, type LocalStack, type PartName } from '@ott/local/local-stack'
import { serviceNames } from '@ott/local/ports'
import pg from 'pg'
import { sendPatiently } from './send-patiently.ts'
import { chaosWorkload, failuresEach } from './workload.ts'

/**
 * `npm run chaos`: kills every service, the edge, the broker and the database with SIGKILL, one after another, while
 * events are posted, and then holds the books: nothing missing, nothing double.
 */
const { values } = parseArgs({ options: { events: { type: 'string', default: '60000' }, pause: { type: 'string', default: '9' } } })
const count = Number(values.events)
const pauseSeconds = Number(values.pause)
const parts: readonly PartName[] = [...serviceNames, 'edge', 'postgres', 'broker']
const print = (line: string) => process.stdout.write(`${line}\n`)

await using scope = new AsyncDisposableStack()
const dataDir = await mkdtemp(join(tmpdir(), 'ott-chaos-'))
scope.defer(() => rm(dataDir, { recursive: true, force: true }))
const ports = await freePortBase(12)
const stack = await startLocalStack({
  dataDir,
  edgePort: ports + 10,
  servicePortBase: ports,
  kafkaPort: ports + 11,
  postgresPort: ports + 12,
  // Everything comes from one address, and is no partner's.
  env: { LOG_LEVEL: 'warn', EDGE_RATE_LIMIT_PER_HOUR: '100000000' },
})
scope.defer(() => stack.stop())
const credentials = JSON.parse(await readFile(join(dataDir, 'credentials.json'), 'utf8')) as Record<string, { apiKey: string }>
const apiKey = credentials['acme']?.apiKey ?? ''
const headers = { 'x-api-key': apiKey }

const workload = chaosWorkload(count, `urn:ott:chaos:${Date.now()}`)
const ratePerSecond = count / (parts.length * pauseSeconds)
print(`${workload.events.length} events at ${Math.round(ratePerSecond)}/s; every ${pauseSeconds} s one of ${parts.join(', ')} is killed with SIGKILL`)
let acknowledged = 0
const sending = sendPatiently({ url: stack.edgeUrl, apiKey, events: workload.events, ratePerSecond, onProgress: (done) => (acknowledged = done) })
for (const part of parts) {
  await delay(pauseSeconds * 500)
  print(await killAndWatch(stack, part))
  await delay(pauseSeconds * 500)
}
const { resent } = await sending
print(`all ${workload.events.length} events are acknowledged; ${resent} posts had to be sent again`)

const ledger = await settledLedger()
print(`ledger: ${JSON.stringify(ledger)}`)
const checks = await holdTheBooks()
for (const { what, wanted, found } of checks) print(`${wanted === found ? 'ok  ' : 'FAIL'} ${what}: ${found}${wanted === found ? '' : `, expected ${wanted}`}`)
process.exitCode = checks.every(({ wanted, found }) => wanted === found) ? 0 : 1
print(process.exitCode === 0 ? 'nothing missing, nothing double' : 'the books do not balance')

async function killAndWatch(running: LocalStack, part: PartName): Promise<string> {
  const before = running.startsOf(part)
  // What runs in Docker has no process of ours, and is killed and started all the same.
  const where = running.pidOf(part) === undefined ? 'in Docker' : `pid ${running.pidOf(part)}`
  const sentAtKill = acknowledged
  const killedAtMs = performance.now()
  await running.kill9(part)
  while (running.startsOf(part) === before) await delay(20)
  const secondsDown = (performance.now() - killedAtMs) / 1_000
  return `killed ${part.padEnd(10)} (${where}) at ${sentAtKill} events; started again after ${secondsDown.toFixed(1)} s`
}

async function settledLedger(): Promise<Record<string, unknown>> {
  for (let tries = 0; ; tries++) {
    const response = await fetch(`${stack.edgeUrl}/v1/ledger`, { headers }).catch(() => undefined)
    const reading = response?.ok ? ((await response.json()) as Record<string, number>) : undefined
    if (reading !== undefined && reading['inFlight'] === 0 && reading['missing'] === 0) return reading
    if (tries >= 240) return reading ?? {}
    await delay(500)
  }
}

/** How many events the decision log has, when all of it holds; -1 when any of it is broken. */
async function verifiedDecisions(): Promise<number> {
  for (let cursor = ''; ; ) {
    const response = await fetch(`${stack.edgeUrl}/v1/decision-log:verify${cursor}`, { headers })
    const step = (await response.json()) as { valid: boolean; events: number; next: string | null }
    if (!step.valid) return -1
    if (step.next === null) return step.events
    cursor = `?cursor=${encodeURIComponent(step.next)}`
  }
}

interface Check {
  readonly what: string
  readonly wanted: number
  readonly found: number
}

/** Counts in the tables, not through the API that the ledger itself uses. */
async function holdTheBooks(): Promise<Check[]> {
  const client = new pg.Client({ connectionString: stack.adminDatabaseUrl })
  await client.connect()
  // An alert follows its violation by a hop of its own.
  await delay(3_000)
  const proved = await verifiedDecisions()
  const one = async (sql: string, parameters: unknown[] = []) => Number((await client.query<{ n: string }>(sql, parameters)).rows[0]?.n)
  try {
    return [
      { what: 'missing in the ledger', wanted: 0, found: Number(ledger['missing']) },
      { what: 'dead-lettered', wanted: 0, found: Number(ledger['deadLettered']) },
      { what: 'events processed', wanted: workload.events.length, found: await one('select count(*) n from violation.processed_events') },
      { what: 'different ids processed', wanted: workload.events.length, found: await one('select count(distinct event_id) n from violation.processed_events') },
      { what: 'raw events kept', wanted: workload.events.length, found: await one('select count(*) n from ingest.raw_events') },
      { what: 'violations for sharing', wanted: workload.sharers.length, found: await one(`select count(*) n from violation.violations where subject like 'sharer-%'`) },
      { what: 'violations for brute force', wanted: workload.attackers.length, found: await one(`select count(*) n from violation.violations where rule = 'risk.brute-force' and subject like 'attacker-%'`) },
      {
        what: `attackers whose failures were counted exactly (${failuresEach})`,
        wanted: workload.attackers.length,
        found: await one(
          `select count(*) n from (
             select v.subject, max((e.found->>'value')::numeric) last from violation.evidence e join violation.violations v on v.id = e.violation_id
             where v.rule = 'risk.brute-force' group by 1) s where last = $1`,
          [failuresEach],
        ),
      },
      { what: 'violations in all', wanted: workload.sharers.length + workload.attackers.length, found: await one('select count(*) n from violation.violations') },
      { what: 'events whose decision is proved by an unbroken log', wanted: workload.events.length, found: proved },
      { what: 'alerts', wanted: workload.sharers.length + workload.attackers.length, found: await one('select count(*) n from alerting.alerts') },
    ]
  } finally {
    await client.end()
  }
}
