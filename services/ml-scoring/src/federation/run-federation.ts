import { createHash } from 'node:crypto'
import { averageUpdates, type ModelUpdate } from '@ott/anomaly/federated/average-updates'
import { privacyBudget } from '@ott/anomaly/federated/privacy-budget'
import { TransientError } from '@ott/pipeline/errors'
import type { Database } from '@ott/postgres/database'
import type { ArtefactAddress, ArtefactStore } from '../registry/artefact-store.ts'
import type { ModelRegistry } from '../registry/model-registry.ts'
import { readVersionOfRun } from '../registry/model-store.ts'
import { TrainingDataError, trainedModel } from '../training/model-trainer.ts'
import { readTrainingData } from '../training/read-training-data.ts'
import { tooFew } from './choose-members.ts'
import type { FederatedModel } from './federated-model.ts'
import { changeShare, closeRound, endRun, FederationOvertakenError, giveBackRun, readShares, type FederationRun, type FederationShare } from './federation-run-store.ts'
import { membersMin, shownBudget } from './federation-terms.ts'
import { listMembers } from './membership-store.ts'

export interface RunFederationOptions {
  readonly database: Database
  readonly store: ArtefactStore
  readonly registry: Pick<ModelRegistry, 'register'>
  readonly federated: FederatedModel
  tenants(): readonly string[]
  codeVersion(): Promise<string>
  /** Where noise comes from: see `secret-noise.ts`. */
  readonly noise: { normal(): number }
  /** A round has ended; rounds count from 1. */
  onRound(run: FederationRun, told: { readonly round: number; readonly members: number; readonly epsilon: number }): void
  onEnd(run: FederationRun, status: 'finished' | 'failed', reason: string | null): void
}

/** Members in a round, with what each made of it. */
interface Round {
  readonly members: readonly Member[]
  readonly updates: readonly ModelUpdate[]
}
interface Member {
  readonly tenantId: string
  readonly snapshot: ArtefactAddress
  readonly data: Uint8Array
  readonly seed: number
}

/** Times that a run is taken up without ending a round, after which it has failed. */
const attemptsMax = 5
const dayMs = 86_400_000

/**
 * Carries a run through its rounds: each member learns from its own data, their clipped changes are averaged, and in the end each has a candidate in its
 * own registry. Killed anywhere and taken up by another, it goes on with the round it was in: no round counts twice, and nobody gets two versions.
 */
export async function runFederation(run: FederationRun, options: RunFederationOptions, signal: AbortSignal): Promise<void> {
  const { database, onEnd } = options
  const end = async (status: 'finished' | 'failed', reason: string | null) => {
    await endRun(database, run.id, status, options.tenants(), reason)
    onEnd(run, status, reason)
  }
  try {
    if (run.attempts > attemptsMax) return await end('failed', `gave up after ${attemptsMax} tries without progress`)
    const learned = await inRounds(run, options, signal)
    if (learned === undefined) return await end('failed', tooFew)
    await registerOf(run, learned, options, signal)
    await end('finished', null)
  } catch (error) {
    if (error instanceof FederationOvertakenError) return
    // Told to stop, or something didn't answer: that isn't the run's fault.
    if (signal.aborted || error instanceof TransientError) await giveBackRun(database, run.id)
    throw error
  }
}

/** @returns the weights after the last round; undefined when too few members are left */
async function inRounds(run: FederationRun, options: RunFederationOptions, signal: AbortSignal): Promise<Float32Array | undefined> {
  const { database, noise, onRound } = options
  const { clipNorm, noiseMultiplier, rounds, delta } = run.terms
  let learned = run.learned
  for (let round = run.round; round < rounds; round += 1) {
    const { members, updates } = await learnApart(run, round, learned, options, signal)
    if (members.length < membersMin) return undefined
    learned = averageUpdates(learned, updates, { clipNorm, noiseMultiplier, random: noise })
    await closeRound(database, { id: run.id, round }, learned, members.map(({ tenantId }) => tenantId))
    onRound(run, { round: round + 1, members: members.length, epsilon: privacyBudget([{ rounds: round + 1, noiseMultiplier }], delta).epsilon })
  }
  return learned
}

/** One after the other, so that training takes one thread however many members there are. */
async function learnApart(run: FederationRun, round: number, learned: Float32Array, options: RunFederationOptions, signal: AbortSignal): Promise<Round> {
  const members: Member[] = []
  const updates: ModelUpdate[] = []
  for (const share of await sharesOf(run, options)) {
    signal.throwIfAborted()
    try {
      const member = await memberOf(run, share, options, signal)
      const update = await options.federated.update({ ...member, round, learned }, { signal, onProgress: () => undefined })
      // One member's training that goes astray isn't the others' fault.
      if (!update.delta.every(Number.isFinite)) throw new TrainingDataError('its training came to weights that are no finite numbers')
      updates.push(update)
      members.push(member)
    } catch (error) {
      if (!(error instanceof TrainingDataError)) throw error
      await changeShare(options.database, share.tenantId, run.id, { status: 'left-out', reason: error.message })
    }
  }
  return { members, updates }
}

/** Shares of those who are still members; who has left is left out. */
async function sharesOf(run: FederationRun, { database, tenants }: RunFederationOptions): Promise<FederationShare[]> {
  const known = tenants()
  const members = new Set((await listMembers(database, known, run.model)).map(({ tenantId }) => tenantId))
  const taking = (await readShares(database, known, run.id)).filter(({ status }) => status === 'taking-part')
  for (const { tenantId } of taking) if (!members.has(tenantId)) await changeShare(database, tenantId, run.id, { status: 'left-out', reason: 'it left the federation' })
  return taking.filter(({ tenantId }) => members.has(tenantId))
}

/** A member's data: kept by its hash as soon as it is read, so that every round learns from the same. */
async function memberOf(run: FederationRun, { tenantId, snapshot }: FederationShare, { database, store, federated }: RunFederationOptions, signal: AbortSignal): Promise<Member> {
  const seed = createHash('sha256').update(`${run.id} ${tenantId}`).digest().readUInt32BE() >>> 1
  if (snapshot !== null) return { tenantId, seed, snapshot, data: await store.get(tenantId, snapshot) }
  const data = await readTrainingData({
    ...{ database, tenantId, seed, trainer: federated },
    from: new Date(run.startedAt.getTime() - run.terms.periodDays * dayMs),
    to: run.startedAt,
    async onProgress() {
      signal.throwIfAborted()
    },
  })
  const kept = await store.put(tenantId, data)
  await changeShare(database, tenantId, run.id, { snapshot: kept })
  return { tenantId, seed, snapshot: kept, data }
}

/** Gives each member a candidate in its own registry, which its own gate judges. */
async function registerOf(run: FederationRun, learned: Float32Array, options: RunFederationOptions, signal: AbortSignal): Promise<void> {
  const { database, registry, federated } = options
  const shares = await sharesOf(run, options)
  const codeVersion = await options.codeVersion()
  const { rounds, delta, noiseMultiplier, clipNorm } = run.terms
  for (const share of shares) {
    const { tenantId } = share
    let version = (await readVersionOfRun(database, tenantId, run.model, run.id))?.version
    if (version === undefined) {
      const member = await memberOf(run, share, options, signal)
      const artefact = await federated.finish({ ...member, learned }, { signal, onProgress: () => undefined })
      const { epsilon } = shownBudget(privacyBudget([{ rounds: share.rounds, noiseMultiplier }], delta))
      const federation = { runId: run.id, rounds, members: shares.length, clipNorm, noiseMultiplier, epsilon, delta }
      const made = trainedModel(federated.model, artefact, { dataSha256: member.snapshot.sha256, seed: member.seed, codeVersion, runId: run.id })
      const actor = { tenantId, keyId: 'federation', nowMs: Date.now() }
      version = (await registry.register(actor, { ...made, metadata: { ...made.metadata, federation } })).version
    }
    await changeShare(database, tenantId, run.id, { status: 'finished', version })
  }
}
