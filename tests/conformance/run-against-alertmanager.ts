import { setTimeout as wait } from 'node:timers/promises'
import { configurationOf } from '@ott/alert-routing/conformance/case-configuration'
import { type ConformanceCase, endOf, type Told } from '@ott/alert-routing/conformance/conformance-case'
import { type ConformanceSubject, takeStep, toldBy } from '@ott/alert-routing/conformance/run-case'
import { startAlertmanager } from './alertmanager-process.ts'
import { startWebhookReceiver } from './webhook-receiver.ts'

/** Between the beginnings of two cases, so that they don't all post at once. */
const staggerMs = 12

/**
 * Runs all of the cases at once against a real Alertmanager, so many times faster than they say. Its clock can't be driven: times are those of the wall, in the cases' seconds
 * since each began.
 *
 * @returns what was told in each case, in the order in which it came
 */
export async function runAgainstAlertmanager(program: string, cases: readonly ConformanceCase[], speed: number): Promise<ReadonlyMap<ConformanceCase, readonly Told[]>> {
  await using receiver = await startWebhookReceiver()
  const byId = new Map(cases.map((one, index) => [`c${index}`, one]))
  await using alertmanager = await startAlertmanager(program, configurationOf(byId, { baseUrl: receiver.url, speed }))
  const subject = subjectAt(alertmanager.url)
  const beginMs = Date.now() + 200
  return new Map(
    await Promise.all(
      [...byId].map(async ([id, one], index) => {
        const startMs = beginMs + index * staggerMs
        const atMs = (atS: number) => startMs + (atS * 1_000) / speed
        for (const step of one.steps.toSorted((a, b) => a.atS - b.atS)) {
          await waitUntil(atMs(step.atS))
          await takeStep(id, step, { subject, atMs })
        }
        await waitUntil(atMs(endOf(one)))
        const told = receiver.received.filter(({ receiver: name }) => name.startsWith(`${id}-`)).map((one) => toldBy(id, one, ((one.atMs - startMs) * speed) / 1_000))
        return [one, told] as const
      }),
    ),
  )
}

/** How far from its time a notification may come, in the cases' seconds: less than lies between two flushes. */
const toleranceS = 29

/**
 * How what was told differs from what was expected, undefined where it doesn't. Those that are due together come in any order.
 */
export function differenceOf(expected: readonly Told[], received: readonly Told[]): string | undefined {
  const left = [...received]
  for (const atS of new Set(expected.map((told) => told.atS).toSorted((a, b) => a - b))) {
    const due = expected.filter((told) => told.atS === atS)
    const came = left.splice(0, due.length)
    const isSame = due.map(wordsOf).toSorted().join('; ') === came.map(wordsOf).toSorted().join('; ')
    const isInTime = came.every((told) => Math.abs(told.atS - atS) <= toleranceS)
    if (!isSame || !isInTime) return `at ${atS} expected ${due.map(wordsOf).join('; ')}, came ${came.map(timed).join('; ') || 'nothing'}`
  }
  return left.length === 0 ? undefined : `nothing more was expected, came ${left.map(timed).join('; ')}`
}

function wordsOf({ to, firing, resolved }: Told): string {
  return `${to} firing [${firing.join(' ')}] resolved [${resolved.join(' ')}]`
}

function timed(told: Told): string {
  return `${wordsOf(told)} at ${told.atS.toFixed(0)}`
}

async function waitUntil(ms: number): Promise<void> {
  await wait(Math.max(0, ms - Date.now()))
}

/** API v2 of an Alertmanager. */
function subjectAt(url: string): Omit<ConformanceSubject, 'configure' | 'advanceTo' | 'notifications'> {
  const ids = new Map<string, string>()
  const timeOf = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString())
  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${url}/api/v2/${path}`, { method, headers: { 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return answer
  }
  return {
    postAlerts: async (alerts) => {
      await call('POST', 'alerts', alerts.map(({ labels, annotations, startsAtMs, endsAtMs }) => ({ labels, annotations, startsAt: timeOf(startsAtMs), endsAt: timeOf(endsAtMs) })))
    },
    silence: async ({ name, matchers, startsAtMs, endsAtMs }) => {
      const body = { id: ids.get(name), matchers: matchers.map(matcherOf), startsAt: timeOf(startsAtMs), endsAt: timeOf(endsAtMs), createdBy: 'conformance', comment: name }
      const { silenceID } = (await (await call('POST', 'silences', body)).json()) as { silenceID: string }
      ids.set(name, silenceID)
    },
    expireSilence: async (name) => {
      await call('DELETE', `silence/${ids.get(name)}`)
    },
    // It has no such thing: cases say what it tells instead.
    acknowledge: async () => undefined,
  }
}

/** The cases write silences' matchers as `zone=~"eu|us"`. */
function matcherOf(text: string): { name: string; value: string; isRegex: boolean; isEqual: boolean } {
  const [, name = '', operator = '', value = ''] = /^(\w+)(=~|!~|!=|=)"(.*)"$/.exec(text) ?? []
  return { name, value, isRegex: operator.endsWith('~'), isEqual: operator.startsWith('=') }
}
