import { parseArgs } from 'node:util'
import { fitCalibration } from '@ott/anomaly/calibrate'
import { collectViewerHours } from '@ott/anomaly/training/viewer-hours'
import { viewerHoursToBytes } from '@ott/anomaly/training/viewer-hours-bytes'
import { buildEvent, recordKeyOf } from '@ott/contracts/define-event'
import { eventAssessed } from '@ott/contracts/event-assessed'
import { eventScored, type EventScored } from '@ott/contracts/event-scored'
import type { ModelName } from '@ott/contracts/model-configured'
import { train } from '@ott/ml-scoring/fit-risk-ensemble'
import { followReferences } from '@ott/ml-scoring/follow-references'
import { openLearnedModels, type LearnedModelsInForce } from '@ott/ml-scoring/learned-models'
import { createProfileStore } from '@ott/ml-scoring/profile-store'
import { schema } from '@ott/ml-scoring/schema'
import { modelLoaders, type ServableModel } from '@ott/ml-scoring/servable-model'
import { scoringStage } from '@ott/ml-scoring/stage'
import { createSubjectBudget } from '@ott/ml-scoring/subject-budget'
import { encodeWeights } from '@ott/neural/network-weights'
import { initialWeights } from '@ott/neural/transformer/initial-weights'
import { viewerTransformer } from '@ott/neural/transformer/transformer-shape'
import type { OutboundRecord } from '@ott/pipeline/record'
import { makeEvents } from '@ott/simulator/make-events'
import { benchDatabase, measureStage, shownRate, type StageRate } from './measure-stage.ts'
import { median } from './process-figures.ts'

/**
 * `npm run bench -- --stage ml-scoring`: the scoring stage alone in this process, from record to record, on a bus in memory and a real database:
 * with the population model, with detectors beside it, and with the full ensemble, the encoder of sequences included. Ratios are what counts.
 */
const { values } = parseArgs({
  options: { stage: { type: 'string' }, events: { type: 'string', default: '60000' }, rounds: { type: 'string', default: '3' }, subjects: { type: 'string', default: '5000' } },
})
const count = Number(values.events)
const tenantId = 'acme'
const print = (line: string) => process.stdout.write(`${line}\n`)

await using scope = new AsyncDisposableStack()
const { database, kind } = await benchDatabase(schema, scope)

const events = [...makeEvents({ seed: 'scored', count, subjects: Number(values.subjects), startsAt: '2026-01-01T00:00:00Z', source: 'urn:ott:bench:scored' })]
const records = events.map(({ type, subject, time, data }, n): OutboundRecord => {
  const id = `scored-${n}`
  const assessed = buildEvent(eventAssessed, {
    id,
    subject,
    time,
    tenantid: tenantId,
    data: { event: { id, source: 'urn:ott:bench:scored', type, time, data }, receivedAt: time, ruleSetVersion: 'bench', findings: [] },
  })
  return { topic: eventAssessed.topic, key: recordKeyOf(assessed), value: JSON.stringify(assessed), headers: {} }
})

const hours = collectViewerHours({ rowsMax: 20_000, viewersMax: 50_000, seed: 1, labels: [] })
for (const event of events) hours.add({ ...event, findingsCount: 0 })
const fitted = await train({ data: viewerHoursToBytes(hours.finish()), seed: 1 }, () => undefined)
const detectors = await modelLoaders.get(fitted.kind)!({ bytes: fitted.bytes, metadata: { reference: fitted.reference } })
// Untrained: what it says is worth nothing, and costs as much.
const calibration = fitCalibration(Array.from({ length: 1_000 }, (_, n) => n / 1_000))
const encoder = await modelLoaders.get('event-encoder')!({ bytes: encodeWeights(initialWeights(viewerTransformer, 1)), metadata: { calibration } })
print(`${count} events of ${values.subjects} viewers; detectors trained on ${fitted.metrics['trainedRows']} viewer-hours; database (${kind}) is up`)

function withModels(served: Partial<Record<ModelName, ServableModel>>): LearnedModelsInForce {
  return openLearnedModels({
    modelsOf(_tenant, model) {
      const servable = served[model]
      return { champion: servable && { version: 1, kind: 'bench', sha256: '0a1b2c3d', metrics: {}, servable }, challengers: [] }
    },
    comparisons: { add: () => undefined }, spreads: { add: () => undefined },
    follower: followReferences({ onRenewed: () => undefined }),
  shown: { detectorsOf: async () => undefined },
    thresholdOf: () => 0.7,
  })
}

interface Measured extends StageRate {
  readonly models: number
}

/** Events a second through the stage, profiles empty at first. */
async function measure(learned: LearnedModelsInForce): Promise<Measured> {
  await database.transaction([tenantId], async (sql) => {
    for (const table of ['subject_profiles', 'baselines', 'snapshot_positions']) sql.send(`delete from ml_scoring.${table}`)
  })
  const store = createProfileStore({ database, tenantIds: () => [tenantId], snapshotIntervalMs: 3_000, budget: createSubjectBudget(500_000) })
  const { results, ...measured } = await measureStage({ stage: scoringStage(store, learned), database, records, inbound: eventAssessed.topic, outbound: eventScored.topic })
  const last = JSON.parse(String(results.at(-1)?.value)) as EventScored
  return { ...measured, models: last.data.risk.models?.length ?? 1 }
}

const variants = {
  population: withModels({}),
  detectors: withModels({ 'risk-ensemble': detectors }),
  full: withModels({ 'risk-ensemble': detectors, 'sequence-risk': encoder }),
}
await measure(variants.full)
const rounds: Record<keyof typeof variants, Measured>[] = []
for (let n = 1; n <= Number(values.rounds); n++) {
  const round = { population: await measure(variants.population), detectors: await measure(variants.detectors), full: await measure(variants.full) }
  rounds.push(round)
  print(`round ${n}: ${shownRate(round.population)} by the population alone, ${shownRate(round.detectors)} with detectors, ${shownRate(round.full)} with the encoder, too`)
}
const rateOf = (variant: keyof typeof variants) => Math.round(median(rounds.map((round) => round[variant].rate)))
print(`median: ${rateOf('population')} events/s by the population alone, ${rateOf('detectors')} with detectors, ${rateOf('full')} with the full ensemble`)
// That all were at work.
print(`models with a say in a score: ${rounds[0]?.population.models}, ${rounds[0]?.detectors.models}, ${rounds[0]?.full.models}`)
