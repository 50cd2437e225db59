import { TransientError } from '@ott/pipeline/errors'
import type { Database } from '@ott/postgres/database'
import type { ArtefactStore } from '../registry/artefact-store.ts'
import type { ModelRegistry } from '../registry/model-registry.ts'
import { readVersionOfRun } from '../registry/model-store.ts'
import { TrainingDataError, trainedModel, type ModelTrainer, type TrainedArtefact } from './model-trainer.ts'
import { readTrainingData } from './read-training-data.ts'
import { endTraining, releaseTraining, saveTrainingProgress, TrainingLostError, type ClaimedTraining, type TrainingCheckpoint, type TrainingPhase } from './training-run-store.ts'

export interface RunTrainingOptions {
  readonly database: Database
  readonly store: ArtefactStore
  readonly registry: ModelRegistry
  readonly trainers: ReadonlyMap<string, ModelTrainer>
  /** Asked when a training begins, which is when the code that trains is loaded. */
  codeVersion(): Promise<string>
  /** How long a worker may be silent before another takes over. */
  readonly leaseMs: number
  onFault(error: unknown): void
  onEnd(run: ClaimedTraining, status: string): void
}

/** Claims without a checkpoint after which a run has failed. */
const attemptsMax = 5

/**
 * Carries a training through: reads the history (or the data that an earlier worker made of it), trains in a worker thread, and registers what came of
 * it. Killed anywhere and taken up by another it ends with the same version as undisturbed, and one version.
 */
export async function runTraining(claimed: ClaimedTraining, options: RunTrainingOptions, signal: AbortSignal): Promise<void> {
  const { database, registry, trainers, onFault, onEnd } = options
  try {
    const trainer = trainers.get(claimed.model)
    if (trainer === undefined) return await failed(`nothing trains a model named ${claimed.model} here`)
    if (claimed.attempts > attemptsMax) return await failed(`gave up after ${attemptsMax} tries without progress`)
    const registered = await readVersionOfRun(database, claimed.tenantId, claimed.model, claimed.id)
    if (registered !== undefined) return await finished(registered.version, registered.training)
    const { checkpoint, data } = await dataOf(claimed, trainer, options, signal)
    const codeVersion = await options.codeVersion()
    const trained = await keepingLease(claimed, options, signal, (onProgress, inCharge) => trainer.train({ data, seed: claimed.seed, onProgress, signal: inCharge }))
    await saveTrainingProgress(database, claimed, { phase: 'storing', progress: 0 }, options.leaseMs)
    const version = await registry.register({ tenantId: claimed.tenantId, keyId: claimed.requestedBy, nowMs: Date.now() }, trainedModel(trainer.model, trained, { dataSha256: checkpoint.snapshot.sha256, seed: claimed.seed, codeVersion, runId: claimed.id }))
    await finished(version.version, { metrics: trained.metrics, codeVersion })
  } catch (error) {
    if (error instanceof TrainingLostError) return
    if (error instanceof TrainingDataError) return await failed(error.message)
    // Told to stop, or interrupted: later, by whoever is free, from the last checkpoint. What always fails runs out of tries.
    if (!signal.aborted) onFault(error)
    await releaseTraining(database, claimed, signal.aborted ? 0 : error instanceof TransientError ? 2_000 : 500).catch(onFault)
  }

  async function failed(failure: string): Promise<void> {
    await endTraining(database, claimed, { status: 'failed', failure })
    onEnd(claimed, 'failed')
  }
  async function finished(version: number, { metrics, codeVersion }: { readonly metrics: TrainedArtefact['metrics']; readonly codeVersion: string }): Promise<void> {
    await endTraining(database, claimed, { status: 'finished', version, metrics, codeVersion })
    onEnd(claimed, 'finished')
  }
}

/** What is trained on: kept by its hash as soon as it is made, so that a run that is taken up again trains on the same. */
async function dataOf(claimed: ClaimedTraining, trainer: ModelTrainer, { database, store, leaseMs }: RunTrainingOptions, signal: AbortSignal): Promise<{ checkpoint: TrainingCheckpoint; data: Uint8Array }> {
  const { tenantId, checkpoint: before, from, to, seed } = claimed
  if (before !== null) return { checkpoint: before, data: await store.get(tenantId, before.snapshot) }
  const tell = throttled((share: number) => saveTrainingProgress(database, claimed, { phase: 'reading', progress: share }, leaseMs))
  const data = await readTrainingData({
    ...{ database, tenantId, from, to, seed, trainer },
    async onProgress(share) {
      signal.throwIfAborted()
      await tell(share)
    },
  })
  const checkpoint = { snapshot: await store.put(tenantId, data) }
  await saveTrainingProgress(database, claimed, { phase: 'training', progress: 0, checkpoint }, leaseMs)
  return { checkpoint, data }
}

/** Says now and then how far the work is, and so stays in charge of it; work that somebody else took over is stopped. */
async function keepingLease<Result>(
  claimed: ClaimedTraining,
  { database, leaseMs }: RunTrainingOptions,
  signal: AbortSignal,
  work: (onProgress: (share: number) => void, inCharge: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const lost = new AbortController()
  let share = 0
  const phase: TrainingPhase = 'training'
  const save = () =>
    saveTrainingProgress(database, claimed, { phase, progress: share }, leaseMs).catch((error: unknown) => {
      // A database that is away for a moment takes nobody's charge away; the lease does when it is away for longer.
      if (error instanceof TrainingLostError) lost.abort(error)
    })
  const timer = setInterval(() => void save(), Math.min(1_000, leaseMs / 4))
  try {
    return await work((done) => void (share = done), AbortSignal.any([signal, lost.signal]))
  } finally {
    clearInterval(timer)
  }
}

/** Calls at most once in half a second, and for the first time at once. */
function throttled(call: (share: number) => Promise<void>): (share: number) => Promise<void> {
  let calledMs = Number.NEGATIVE_INFINITY
  return async (share) => {
    const nowMs = performance.now()
    if (nowMs - calledMs < 500) return
    calledMs = nowMs
    await call(share)
  }
}
