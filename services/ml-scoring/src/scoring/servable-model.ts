import { calibrated, type Calibration } from '@ott/anomaly/calibrate'
import type { DataMatrix } from '@ott/anomaly/data-matrix'
import type { ValueBins } from '@ott/anomaly/drift/value-bins'
import { ensembleFrom, type FittedEnsemble } from '@ott/anomaly/ensemble'
import { sequenceFeatures, sequenceSteps } from '@ott/anomaly/event-sequence'
import { windowedFactors } from '@ott/anomaly/factor-windows'
import { supervisedEnsembleFrom, type SupervisedEnsemble } from '@ott/anomaly/supervised-ensemble'
import { onnxruntimeBackend } from '@ott/neural/backend'
import { encodeOnnx } from '@ott/neural/encode-onnx'
import { residualNetwork } from '@ott/neural/lstm/residual-network'
import { narrowOutputs } from '@ott/neural/narrow-outputs'
import { decodeWeights } from '@ott/neural/network-weights'
import { openOnnxModel } from '@ott/neural/serve-onnx'
import type { ServedNetwork } from '@ott/neural/served-network'
import { transformerNetwork } from '@ott/neural/transformer/transformer-network'
import { viewerTransformer } from '@ott/neural/transformer/transformer-shape'
import { z } from 'zod'
import type { ModelLoader, ModelLoaders } from '../registry/model-directory.ts'

/** What columns and scores were like when detectors were trained. */
export interface ReferenceSpread {
  readonly columns: readonly ValueBins[]
  readonly scores: ValueBins
}

/** What detectors with other rows in the reference of one of them are made by. */
export interface MovingDetectors {
  /** Rows of the reference. */
  readonly referenceRows: number
  readonly falseAlarmRate: number
  /** Share of the reference's rows in whose hour a rule was broken. */
  readonly flaggedShare: number
  /** In steps of some milliseconds. @param added rows in the order in which they came */
  withReference(added: DataMatrix): Generator<undefined, Pick<ServableDetectors, 'scoreRow' | 'attribute'>>
}

/** Detectors over the windowed factors. */
export interface ServableDetectors {
  readonly use: 'detectors'
  readonly isSupervised: boolean
  readonly reference: ReferenceSpread | undefined
  /** Undefined for detectors that compare with no reference. */
  readonly moving?: MovingDetectors | undefined
  scoreRow(row: Float64Array): number
  attribute(row: Float64Array): Float64Array
}

/** An encoder of viewers' event sequences. */
export interface ServableEncoder {
  readonly use: 'encoder'
  /** @param windows of 24 × 8 numbers, one after another; @returns the risk of each, on the scale of the tenant's threshold */
  risksOf(windows: Float32Array, count: number): Promise<Float64Array>
  /** How it looks at the events of one window: [layers, heads, steps, steps] of `viewerTransformer`. For who asks; scoring doesn't compute it. */
  attentionOf(window: Float32Array): Promise<Float32Array>
}

/** A forecaster of a tenant's series, and which of them it serves. */
export interface ServableForecaster {
  readonly use: 'forecaster'
  readonly network: ServedNetwork
  /** By series. */
  readonly choices: Readonly<Record<string, { readonly isBetter: boolean; readonly spread: number }>>
}

export type ServableModel = ServableDetectors | ServableEncoder | ServableForecaster

/** Windows handed to the network at once: about 10 ms of the event loop. */
const windowsMax = 256

const bins = z.object({ bounds: z.array(z.number()).min(1).max(100), counts: z.array(z.number().min(0)).min(2).max(101) })
const detectorMetadata = z.looseObject({ reference: z.object({ columns: z.array(bins), scores: bins }).optional() })
const encoderMetadata = z.looseObject({
  calibration: z.object({
    falseAlarmRate: z.number().gt(0).max(0.5),
    knots: z.array(z.number()).min(1).max(1_000),
    surprises: z.array(z.number()).min(1).max(1_000),
    tail: z.object({ shape: z.number(), scale: z.number().gt(0), linearFrom: z.number() }),
  }),
})

/** What makes something that scores of a registered artefact, by the artefact's kind. */
export const modelLoaders: ModelLoaders<ServableModel> = new Map<string, ModelLoader<ServableModel>>([
  ['ensemble', ({ bytes, metadata }) => detectorsOf(ensembleFrom(bytes), false, metadata)],
  ['supervised-ensemble', ({ bytes, metadata }) => detectorsOf(supervisedEnsembleFrom(bytes), true, metadata)],
  ['event-encoder', ({ bytes, metadata }) => encoderOf(bytes, metadata)],
  ['seasonal-forecaster', ({ bytes, metadata }) => forecasterOf(bytes, metadata)],
])

const forecasterMetadata = z.looseObject({ choices: z.record(z.string(), z.object({ isBetter: z.boolean(), spread: z.number().gt(0) })) })

async function forecasterOf(bytes: Uint8Array, metadata: Readonly<Record<string, unknown>>): Promise<ServableForecaster> {
  const { choices } = forecasterMetadata.parse(metadata)
  return { use: 'forecaster', network: await (await onnxruntimeBackend()).open(residualNetwork, decodeWeights(bytes)), choices }
}

function detectorsOf(fitted: FittedEnsemble | SupervisedEnsemble, isSupervised: boolean, metadata: Readonly<Record<string, unknown>>): ServableDetectors {
  const { columnCount, scoreRow, attribute, reference: rows, falseAlarmRate } = fitted
  if (columnCount !== windowedFactors.length) throw new RangeError(`the model has ${columnCount} columns, viewers have ${windowedFactors.length}`)
  const { reference } = detectorMetadata.parse(metadata)
  const moving = rows && { referenceRows: rows.rowCount, falseAlarmRate, flaggedShare: shareAboveLeast(rows, ruleBroken), withReference: (added: DataMatrix) => fitted.withReference(added) }
  return { use: 'detectors', isSupervised, reference, moving, scoreRow, attribute }
}

const ruleBroken = windowedFactors.findIndex(({ name, window }) => name === 'pastViolations' && window === '1h')

/** Of a count, the least is 0 in any units unless it is nowhere 0. */
function shareAboveLeast({ values, rowCount, columnCount }: DataMatrix, column: number): number {
  const cells = Array.from({ length: rowCount }, (_, row) => values[row * columnCount + column]!)
  const least = cells.reduce((lowest, cell) => Math.min(lowest, cell), Infinity)
  return cells.filter((cell) => cell > least).length / rowCount
}

async function encoderOf(bytes: Uint8Array, metadata: Readonly<Record<string, unknown>>): Promise<ServableEncoder> {
  const calibration: Calibration = encoderMetadata.parse(metadata).calibration
  const graph = transformerNetwork(viewerTransformer).toOnnx(decodeWeights(bytes))
  const open = (output: string, rowsMax: number) => openOnnxModel(encodeOnnx(narrowOutputs(graph, [output]), { name: 'event-encoder' }), { rowsMax })
  // Attention maps are thousands of numbers a window, for who asks for an explanation; scoring reads the risk alone.
  const network = await open('risk', windowsMax)
  let looking: Promise<ServedNetwork> | undefined
  const length = sequenceSteps * sequenceFeatures
  return {
    use: 'encoder',
    async risksOf(windows, count) {
      const risks = new Float64Array(count)
      for (let from = 0; from < count; from += windowsMax) {
        const rows = Math.min(windowsMax, count - from)
        const { risk } = await network.predict(windows.slice(from * length, (from + rows) * length), rows)
        // Rounded, since the last bits depend on how many windows were computed together: a repeated event gets the same bytes.
        for (let row = 0; row < rows; row += 1) risks[from + row] = Math.round(calibrated(calibration, risk![row]!) * 1e4) / 1e4
      }
      return risks
    },
    async attentionOf(window) {
      const { attention } = await (await (looking ??= open('attention', 1))).predict(window, 1)
      return attention!
    },
  }
}
