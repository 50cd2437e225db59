import { rocAuc } from '@ott/anomaly/rank-metrics'
import { StartError } from '@ott/dev-env/start-error'
import { encodeOnnx } from '@ott/neural/encode-onnx'
import { openOnnxModel } from '@ott/neural/serve-onnx'
import type { ServedNetwork } from '@ott/neural/served-network'
import { trainInWorker } from '@ott/neural/train-in-worker'
import type { LabelledWindows } from '@ott/neural/transformer/labelled-windows'
import { WindowsError } from '@ott/neural/transformer/labelled-windows'
import { permutationImportance, type FeatureImportance } from '@ott/neural/transformer/permutation-importance'
import { splitWindows } from '@ott/neural/transformer/split-windows'
import { transformerNetwork } from '@ott/neural/transformer/transformer-network'
import { viewerTransformer } from '@ott/neural/transformer/transformer-shape'
import type * as transformerTraining from '@ott/neural/transformer/transformer-training'
import { readWindows } from './read-windows.ts'

const seeds = [1, 2, 3]
const shares = { training: 0.7, validation: 0.15 }
const shuffles = 5

/** Bounds what a call of onnxruntime takes of memory. */
const rowsPerCall = 512

/** Of one seed, which chose the split as well as the network's first weights. */
interface SeedResult {
  readonly auc: number
  readonly importance: readonly FeatureImportance[]
}

/**
 * Trains the Transformer on labelled windows, once a seed, and judges what would be served: the ONNX model. `auc` is that on each seed's test windows,
 * which neither training nor stopping has seen, averaged over the seeds; `importance` is by permutation on the validation windows, also averaged.
 */
export async function evaluateAttention({ folder }: { readonly folder: string }): Promise<object> {
  const windows = readWindows(folder)
  const results: SeedResult[] = []
  for (const seed of seeds) results.push(await resultOf(windows, seed))
  const mean = (valueOf: (result: SeedResult) => number) => results.reduce((sum, result) => sum + valueOf(result), 0) / results.length
  const rounded = (value: number) => Number(value.toFixed(4))
  tell(`auc and importance are means of ${results.length} seeds`)
  return {
    auc: rounded(mean(({ auc }) => auc)),
    importance: Array.from({ length: windows.features }, (_, feature) => rounded(mean(({ importance }) => importance[feature]!.mean))),
  }
}

async function resultOf(windows: LabelledWindows, seed: number): Promise<SeedResult> {
  const { training, validation, test } = split(windows, seed)
  const shape = { ...viewerTransformer, steps: windows.steps, features: windows.features }
  const startedMs = performance.now()
  const { weights, best } = await trainInWorker<typeof transformerTraining>({
    module: new URL(import.meta.resolve('@ott/neural/transformer/transformer-training')),
    options: { shape, training, validation, seed },
    onProgress: ({ epoch, epochs, step, steps, loss, validationLoss }) => {
      if (validationLoss === undefined) return
      const filled = Math.round((20 * epoch) / epochs)
      tell(`seed ${seed} ${'█'.repeat(filled)}${'░'.repeat(20 - filled)} epoch ${epoch}/${epochs}, ${steps === step ? steps : step} batches: loss ${loss.toFixed(4)}, validation ${validationLoss.toFixed(4)}`)
    },
  })
  const trainedMs = performance.now()
  const served = await openOnnxModel(encodeOnnx(transformerNetwork(shape).toOnnx(weights)))
  try {
    const score = scoreBy(served)
    const auc = rocAuc({ scores: await score(test.values), labels: test.labels })
    const importance = await permutationImportance(score, validation, { shuffles, seed })
    const seconds = ((trainedMs - startedMs) / 1000).toFixed(1)
    tell(`seed ${seed}: test AUC ${auc.toFixed(4)} on ${test.labels.length} windows; epoch ${best.epoch} was best, validation AUC ${best.validationAuc.toFixed(4)}; trained in ${seconds} s`)
    tell(`seed ${seed}: importance ± deviation ${importance.map(({ mean, deviation }) => `${mean.toFixed(4)} ± ${deviation.toFixed(4)}`).join(', ')}`)
    return { auc, importance }
  } finally {
    await served.close()
  }
}

function split(windows: LabelledWindows, seed: number) {
  try {
    return splitWindows(windows, seed, shares)
  } catch (error) {
    if (error instanceof WindowsError) throw new StartError(`labels.json: ${error.message}`)
    throw error
  }
}

/** The risk of each window, by the served network. */
function scoreBy(served: ServedNetwork): (values: Float32Array) => Promise<Float32Array> {
  const length = served.rowShape.reduce((product, size) => product * size, 1)
  return async (values) => {
    const risks = new Float32Array(values.length / length)
    for (let from = 0; from < risks.length; from += rowsPerCall) {
      const rows = Math.min(rowsPerCall, risks.length - from)
      const { risk } = await served.predict(values.slice(from * length, (from + rows) * length), rows)
      risks.set(risk!, from)
    }
    return risks
  }
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`)
}
