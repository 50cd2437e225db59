import { once } from 'node:events'
import { parseArgs } from 'node:util'
import type { ViewerEvent } from '@ott/contracts/viewer-event'
import { StartError } from '@ott/dev-env/start-error'
import { simulateDay, type SimulatedDay } from '@ott/simulator/simulate-day'
import { Presets, SingleBar } from 'cli-progress'
import { WebSocket } from 'ws'
import { formatDemo, reportDemo, type ArrivedViolation } from './demo-report.ts'
import { findInstallation, runCommand, type RunningInstallation } from './running-installation.ts'

const perPost = 50

/** `npm run demo`: plays a simulated day with planted incidents and shows which of them the platform caught. */
await runCommand(async () => {
  const { values } = parseArgs({
    options: { seed: { type: 'string' }, tenant: { type: 'string', default: 'acme' }, viewers: { type: 'string', default: '200' } },
  })
  const seed = values.seed ?? new Date().toISOString().slice(0, 19)
  const installation = await findInstallation(values.tenant)
  await installation.ledger()
  const yesterday = new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000 - 86_400_000).toISOString()
  const day = ofItsOwn(simulateDay({ seed, tenantId: values.tenant, viewers: Number(values.viewers), startsAt: yesterday }), seed)
  process.stdout.write(`a day of ${values.viewers} viewers: ${day.events.length} events, ${day.incidents.length} planted incidents (--seed ${seed} plays it again)\n`)

  const violations: ArrivedViolation[] = []
  const socket = await listen(installation, (violation) => violations.push(violation))
  const postedAtMs = await post(installation, day.events)
  const ledger = await installation.settled()
  // Violations of the last events may still be on their way to the stream.
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  socket.close()

  const report = reportDemo(day.incidents, violations, postedAtMs)
  process.stdout.write(`${formatDemo(report).join('\n')}\nledger: missing ${ledger.missing}\n`)
  const all = report.incidents.every(({ caughtBy }) => caughtBy !== undefined)
  return all && ledger.missing === 0 ? 0 : 1
})

/** Gives each run viewers of its own, so that yesterday's violations don't swallow today's. */
function ofItsOwn(day: SimulatedDay, seed: string): SimulatedDay {
  const rename = (subject: string) => `${subject}@${seed}`
  return {
    events: day.events.map((event) => ({ ...event, subject: rename(event.subject) })),
    incidents: day.incidents.map((incident) => ({ ...incident, subject: rename(incident.subject) })),
  }
}

async function listen({ url, apiKey }: RunningInstallation, onViolation: (violation: ArrivedViolation) => void): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/stream?channels=violations`, { headers: { 'x-api-key': apiKey } })
  socket.on('message', (data: Buffer) => {
    const { event } = JSON.parse(data.toString()) as { event: { subject: string; data: { rule: string; eventId: string } } }
    onViolation({ rule: event.data.rule, subject: event.subject, eventId: event.data.eventId, arrivedAtMs: performance.now() })
  })
  const failed = once(socket, 'error').then(([error]) => {
    throw new StartError(`the stream at ${url} can't be opened: ${String(error)}`)
  })
  await Promise.race([once(socket, 'open'), failed])
  failed.catch(() => undefined)
  return socket
}

/** Posts the day in order, a batch at a time, and notes when each event was sent. */
async function post({ url, apiKey }: RunningInstallation, events: readonly ViewerEvent[]): Promise<Map<string, number>> {
  const postedAtMs = new Map<string, number>()
  const bar = new SingleBar({ format: 'playing {bar} {percentage}% | {value} of {total} events', noTTYOutput: false }, Presets.shades_classic)
  bar.start(events.length, 0)
  for (let start = 0; start < events.length; start += perPost) {
    const batch = events.slice(start, start + perPost)
    const nowMs = performance.now()
    const response = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { 'x-api-key': apiKey, 'content-type': 'application/cloudevents-batch+json' },
      body: JSON.stringify(batch),
    })
    if (response.status !== 202) throw new StartError(`POST /v1/events answered ${response.status}: ${(await response.text()).slice(0, 500)}`)
    await response.arrayBuffer()
    for (const { id } of batch) postedAtMs.set(id, nowMs)
    bar.update(start + batch.length)
  }
  bar.stop()
  return postedAtMs
}
