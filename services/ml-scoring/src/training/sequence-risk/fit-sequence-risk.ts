import { fitCalibration, type Calibration } from '@ott/anomaly/calibrate'
import { sequenceFeatureNames, sequenceFeatures, sequenceSteps } from '@ott/anomaly/event-sequence'
import { averagePrecision, rocAuc } from '@ott/anomaly/rank-metrics'
import { eventWindowsFrom } from '@ott/anomaly/training/event-windows'
import { encodeWeights } from '@ott/neural/network-weights'
import { openTensorflow } from '@ott/neural/open-tensorflow'
import type { ReportProgress } from '@ott/neural/training-module'
import type { LabelledWindows } from '@ott/neural/transformer/labelled-windows'
import { permutationImportance } from '@ott/neural/transformer/permutation-importance'
import { scoreWindows } from '@ott/neural/transformer/score-windows'
import { splitWindows } from '@ott/neural/transformer/split-windows'
import { trainTransformer } from '@ott/neural/transformer/train-transformer'
import { viewerTransformer } from '@ott/neural/transformer/transformer-shape'
import { TrainingDataError } from '../model-trainer.ts'
import type { TrainingMetrics } from '../training-run-store.ts'

export interface SequenceRiskTraining {
  /** Windows with what followed them, as `event-windows.ts` writes them. */
  readonly data: Uint8Array
  readonly seed: number
}

export interface FittedSequenceRisk {
  readonly bytes: Uint8Array
  readonly calibration: Calibration
  readonly metrics: TrainingMetrics
}

const windowsMin = 300
const troubledMin = 60
/** Share of windows that nothing followed which shall reach a tenant's first threshold. */
const falseAlarmRate = 0.002
const shuffles = 3

/** Trains the encoder of a tenant's event sequences. Runs in a worker thread. */
export async function train({ data, seed }: SequenceRiskTraining, report: ReportProgress): Promise<FittedSequenceRisk> {
  const { values, labels, viewers } = eventWindowsFrom(data)
  const troubled = labels.reduce((sum, label) => sum + label, 0)
  if (labels.length < windowsMin || troubled < troubledMin) {
    throw new TrainingDataError(`${labels.length} windows, ${troubled} of them followed by trouble, are too few to learn from: at least ${windowsMin} and ${troubledMin} are needed`)
  }
  const windows = { values, labels, steps: sequenceSteps, features: sequenceFeatures }
  const { training, validation, test } = splitWindows(windows, seed, { training: 0.7, validation: 0.15 }, (row) => viewers[row]!)
  const { tf } = await openTensorflow('wasm')
  const { weights, best } = trainTransformer(tf, { shape: viewerTransformer, training, validation, seed }, report)
  const riskOf = (of: LabelledWindows) => scoreWindows(tf, viewerTransformer, weights, of.values)
  const said = riskOf(test)
  const importance = await permutationImportance((given) => scoreWindows(tf, viewerTransformer, weights, given), test, { shuffles, seed })
  // Calibrated on quiet windows that weren't learned from.
  const quietOf = (part: LabelledWindows, risks: ArrayLike<number>) => Array.from(risks).filter((_, row) => part.labels[row] === 0)
  return {
    bytes: encodeWeights(weights),
    calibration: fitCalibration([...quietOf(validation, riskOf(validation)), ...quietOf(test, said)], { falseAlarmRate }),
    metrics: {
      windows: labels.length,
      troubledWindows: troubled,
      auc: rocAuc({ scores: said, labels: test.labels }),
      ap: averagePrecision({ scores: said, labels: test.labels }),
      validationAuc: best.validationAuc,
      epochs: best.epoch,
      ...Object.fromEntries(importance.map(({ mean }, feature) => [`importance.${sequenceFeatureNames[feature]}`, mean])),
    },
  }
}
