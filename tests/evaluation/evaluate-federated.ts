import { averageUpdates, type ModelUpdate } from '@ott/anomaly/federated/average-updates'
import { privacyBudget } from '@ott/anomaly/federated/privacy-budget'
import { rocAuc } from '@ott/anomaly/rank-metrics'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { eventWindowsToBytes } from '@ott/anomaly/training/event-windows'
import { StartError } from '@ott/dev-env/start-error'
import { federatedSequenceRisk } from '@ott/ml-scoring/federated-sequence-risk'
import { encoderOfLearned } from '@ott/ml-scoring/federated-weights'
import { sequenceRiskTrainer } from '@ott/ml-scoring/sequence-risk-trainer'
import { decodeWeights, type NetworkWeights } from '@ott/neural/network-weights'
import { openTensorflow, type Tensorflow } from '@ott/neural/open-tensorflow'
import { windowsAt, type LabelledWindows } from '@ott/neural/transformer/labelled-windows'
import { scoreWindows } from '@ott/neural/transformer/score-windows'
import { viewerTransformer } from '@ott/neural/transformer/transformer-shape'
import { readWindows } from './read-windows.ts'

const members = 8
const windowsPerMember = 500
const testWindows = 1_500
const rounds = 10
const clipNorm = 4
const noiseMultipliers = [0, 0.02, 1]
const delta = 1e-5
const seed = 1
/** The windows have no times. */
const madeUpSpanMs = 30 * 86_400_000

export interface FederatedEvaluation {
  readonly members: number
  readonly windowsPerMember: number
  readonly rounds: number
  /** Mean and least area of what each member learns by itself. */
  readonly alone: { readonly auc: number; readonly least: number }
  /** The one model that all learn together, by the noise on it; an epsilon of null guarantees nothing. */
  readonly together: readonly { readonly noiseMultiplier: number; readonly epsilon: number | null; readonly auc: number }[]
}

/**
 * Deals labelled windows out to members, and holds what each learns alone against what they learn by averaging, with and without noise: by the area under
 * the ROC curve on windows that nobody has.
 */
export async function evaluateFederated({ folder }: { readonly folder: string }): Promise<FederatedEvaluation> {
  const windows = readWindows(folder)
  const { steps, features } = viewerTransformer
  const needed = members * windowsPerMember + testWindows
  if (windows.steps !== steps || windows.features !== features || windows.labels.length < needed) {
    throw new StartError(`labels.json, shape: must be [at least ${needed}, ${steps}, ${features}]`)
  }
  const order = Uint32Array.from(windows.labels, (_, row) => row)
  seededRandom(seed).shuffle(order)
  const test = windowsAt(windows, order.subarray(0, testWindows))
  const own = Array.from({ length: members }, (_, member) => dataOf(windows, order.subarray(testWindows + member * windowsPerMember, testWindows + (member + 1) * windowsPerMember)))
  const { tf } = await openTensorflow('wasm')
  const alone = await learnAlone(tf, own, test)
  const together: FederatedEvaluation['together'][number][] = []
  for (const noiseMultiplier of noiseMultipliers) together.push(await learnTogether(tf, own, test, noiseMultiplier))
  return { members, windowsPerMember, rounds, alone: { auc: rounded(alone.reduce((sum, auc) => sum + auc, 0) / members), least: rounded(Math.min(...alone)) }, together }
}

const watch = { signal: new AbortController().signal, onProgress: () => undefined }

async function learnAlone(tf: Tensorflow, own: readonly Uint8Array[], test: LabelledWindows): Promise<number[]> {
  const aucs: number[] = []
  for (const [member, data] of own.entries()) {
    const { bytes } = await sequenceRiskTrainer.train({ data, seed: member, ...watch })
    aucs.push(areaOf(tf, decodeWeights(bytes), test))
    process.stderr.write(`member ${member + 1} of ${members} alone: AUC ${aucs.at(-1)!.toFixed(4)}\n`)
  }
  return aucs
}

async function learnTogether(tf: Tensorflow, own: readonly Uint8Array[], test: LabelledWindows, noiseMultiplier: number): Promise<FederatedEvaluation['together'][number]> {
  let learned = federatedSequenceRisk.initial(seed)
  const random = seededRandom(seed)
  for (let round = 0; round < rounds; round += 1) {
    const updates: ModelUpdate[] = []
    for (const [member, data] of own.entries()) updates.push(await federatedSequenceRisk.update({ data, seed: member, round, learned }, watch))
    learned = averageUpdates(learned, updates, { clipNorm, noiseMultiplier, random })
    process.stderr.write(`noise ${noiseMultiplier}, round ${round + 1} of ${rounds}: AUC ${areaOf(tf, encoderOfLearned(learned), test).toFixed(4)}\n`)
  }
  const { epsilon } = privacyBudget([{ rounds, noiseMultiplier }], delta)
  return { noiseMultiplier, epsilon: Number.isFinite(epsilon) ? rounded(epsilon) : null, auc: rounded(areaOf(tf, encoderOfLearned(learned), test)) }
}

function dataOf(windows: LabelledWindows, rows: Uint32Array): Uint8Array {
  const { values, labels } = windowsAt(windows, rows)
  return eventWindowsToBytes({ values, labels, viewers: Uint32Array.from(labels, (_, row) => row), spanMs: madeUpSpanMs })
}

function areaOf(tf: Tensorflow, weights: NetworkWeights, test: LabelledWindows): number {
  return rocAuc({ scores: scoreWindows(tf, viewerTransformer, weights, test.values), labels: test.labels })
}

function rounded(value: number): number {
  return Number(value.toFixed(4))
}
