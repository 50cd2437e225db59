import { fitCalibration, type Calibration } from '@ott/anomaly/calibrate'
import { sequenceFeatureNames } from '@ott/anomaly/event-sequence'
import { averagePrecision, rocAuc } from '@ott/anomaly/rank-metrics'
import type { NetworkWeights } from '@ott/neural/network-weights'
import type { Tensorflow } from '@ott/neural/open-tensorflow'
import type { LabelledWindows } from '@ott/neural/transformer/labelled-windows'
import { permutationImportance } from '@ott/neural/transformer/permutation-importance'
import { scoreWindows } from '@ott/neural/transformer/score-windows'
import { viewerTransformer } from '@ott/neural/transformer/transformer-shape'
import type { TrainingMetrics } from '../training-run-store.ts'
import type { EncoderWindows } from './encoder-windows.ts'

export interface JudgedEncoder {
  readonly calibration: Calibration
  readonly metrics: TrainingMetrics
}

/** Share of windows that nothing followed which shall reach a tenant's first threshold. */
const falseAlarmRate = 0.002
const shuffles = 3

/** How well an encoder tells a tenant's windows apart, and on which scale: by windows that weren't learned from. */
export async function judgeEncoder(tf: Tensorflow, weights: NetworkWeights, { validation, test, count, troubled }: EncoderWindows, seed: number): Promise<JudgedEncoder> {
  const riskOf = (of: LabelledWindows) => scoreWindows(tf, viewerTransformer, weights, of.values)
  const said = riskOf(test)
  const importance = await permutationImportance((given) => scoreWindows(tf, viewerTransformer, weights, given), test, { shuffles, seed })
  const quietOf = (part: LabelledWindows, risks: ArrayLike<number>) => Array.from(risks).filter((_, row) => part.labels[row] === 0)
  return {
    calibration: fitCalibration([...quietOf(validation, riskOf(validation)), ...quietOf(test, said)], { falseAlarmRate }),
    metrics: {
      windows: count,
      troubledWindows: troubled,
      auc: rocAuc({ scores: said, labels: test.labels }),
      ap: averagePrecision({ scores: said, labels: test.labels }),
      ...Object.fromEntries(importance.map(({ mean }, feature) => [`importance.${sequenceFeatureNames[feature]}`, mean])),
    },
  }
}
