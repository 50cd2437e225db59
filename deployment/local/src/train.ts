import { parseArgs } from 'node:util'
import { StartError } from '@ott/dev-env/start-error'
import { Presets, SingleBar } from 'cli-progress'
import { findInstallation, runCommand, type RunningInstallation } from './running-installation.ts'

const usage = 'usage: npm run -s train -- [--model risk-ensemble] [--tenant acme] [--days 30] [--seed 1]'

interface TrainingRun {
  readonly id: string
  readonly status: 'queued' | 'running' | 'finished' | 'failed' | 'cancelled'
  readonly phase: string | null
  /** 0 to 1. */
  readonly progress: number
  readonly version: number | null
  readonly metrics: Record<string, number | null> | null
  readonly failure: string | null
}

interface Federation {
  readonly joined: boolean
  /** An epsilon of null: nothing is guaranteed. */
  readonly privacy: { readonly epsilon: number | null; readonly delta: number; readonly rounds: number }
}

const averagedModels = ['sequence-risk']

/** `npm run train`: trains a model of the running installation and shows how far it is; prints what came of it. */
await runCommand(async () => {
  const { model, tenant, days, seed } = read()
  const installation = await findInstallation(tenant)
  const started = await call<{ readonly runId: string }>(installation, 'POST', `/v1/models/${encodeURIComponent(model)}:train`, { periodDays: days, ...(seed === undefined ? {} : { seed }) })
  const bar = new SingleBar({ format: 'training {bar} {percentage}% | {phase}', noTTYOutput: true, stream: process.stderr, notTTYSchedule: 5_000 }, Presets.shades_classic)
  bar.start(1_000, 0, { phase: 'queued' })
  for (;;) {
    const run = await call<TrainingRun>(installation, 'GET', `/v1/training-runs/${started.runId}`)
    bar.update(Math.round(run.progress * 1_000), { phase: run.phase ?? run.status })
    if (run.status === 'queued' || run.status === 'running') {
      await new Promise((resolve) => setTimeout(resolve, 250))
      continue
    }
    bar.stop()
    await printBudget(installation, model)
    process.stdout.write(`${JSON.stringify({ run: run.id, status: run.status, version: run.version, metrics: run.metrics, ...(run.failure === null ? {} : { failure: run.failure }) })}\n`)
    return run.status === 'finished' ? 0 : 1
  }
})

/** What the tenant's data has told others by averaging, where its model is averaged. */
async function printBudget(installation: RunningInstallation, model: string): Promise<void> {
  if (!averagedModels.includes(model)) return
  const { joined, privacy } = await call<Federation>(installation, 'GET', `/v1/models/${encodeURIComponent(model)}/federation`)
  if (!joined && privacy.rounds === 0) return
  const spent = privacy.epsilon === null ? 'without a guarantee, since there was no noise' : `epsilon ${privacy.epsilon} at delta ${privacy.delta}`
  process.stderr.write(`averaged with other tenants' in ${privacy.rounds} rounds so far: ${spent}\n`)
}

function read() {
  try {
    const text = { type: 'string' } as const
    const { values } = parseArgs({ options: { model: { ...text, default: 'risk-ensemble' }, tenant: { ...text, default: 'acme' }, days: { ...text, default: '30' }, seed: text } })
    return { model: values.model, tenant: values.tenant, days: wholeNumber('--days', values.days), seed: values.seed === undefined ? undefined : wholeNumber('--seed', values.seed) }
  } catch (error) {
    throw error instanceof StartError ? error : new StartError(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
  }
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new StartError(`${option}: ${text} is no whole number from 1\n${usage}`)
  return value
}

async function call<Answer>({ url, apiKey }: RunningInstallation, method: string, path: string, body?: object): Promise<Answer> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await fetch(`${url}${path}`, { method, headers: { 'x-api-key': apiKey, 'content-type': 'application/json' }, ...sent }).catch(() => undefined)
  if (response === undefined) throw new StartError(`nothing answers at ${url}: run "npm start" first`)
  const answer = (await response.json().catch(() => ({}))) as { detail?: string; title?: string }
  if (!response.ok) throw new StartError(`${method} ${path} answered ${response.status}: ${answer.detail ?? answer.title ?? ''}`)
  return answer as Answer
}
