import type { Monotonicity } from '@ott/anomaly/boosted-trees'
import { defaultThreshold } from '@ott/anomaly/calibrate'
import { operatingPoint } from '@ott/anomaly/ensemble-metrics'
import { rocAuc } from '@ott/anomaly/rank-metrics'
import { fitSupervisedEnsemble } from '@ott/anomaly/supervised-ensemble'
import { StartError } from '@ott/dev-env/start-error'
import { readTable, type LabelledTable } from './read-table.ts'

export interface SixFactorsEvaluation {
  readonly auc: number
  readonly balancedAccuracy: number
  readonly fpr: number
  readonly accuracy: number
}

const label = 'label'
/** More of these never makes a session less suspicious, even where the few labels say so. What the others mean is left to the labels. */
const rising: readonly string[] = ['auth_failures', 'error_rate']

/**
 * Fits the supervised ensemble to one labelled file and measures it on another at the default threshold. The threshold is calibrated on
 * training rows alone; the labels of the test file serve for the figures only.
 * @throws StartError for files that can't be read, differ in columns, or lack one of the two kinds of rows
 */
export async function evaluateSixFactors({ trainFile, testFile }: { readonly trainFile: string; readonly testFile: string }): Promise<SixFactorsEvaluation> {
  const train = await readTable(trainFile, label)
  const test = await readTable(testFile, label)
  if (train.columns.join() !== test.columns.join()) {
    throw new StartError(`${testFile}: the columns are ${test.columns.join(', ')}, those of ${trainFile} are ${train.columns.join(', ')}`)
  }
  if (new Set(test.labels).size < 2) throw new StartError(`${testFile}: all rows are labelled ${test.labels[0]}, there is nothing to tell apart`)
  try {
    const evaluation = measureSixFactors(train, test)
    const anomalies = test.labels.reduce((sum, one) => sum + one, 0)
    const allNormal = (1 - anomalies / test.labels.length).toFixed(4)
    process.stderr.write(`${testFile}: ${test.labels.length} rows, ${anomalies} anomalies; calling all of them normal has accuracy ${allNormal}, balanced 0.5\n`)
    return evaluation
  } catch (error) {
    if (error instanceof RangeError) throw new StartError(`${trainFile}: ${error.message}`)
    throw error
  }
}

/** The same for tables at hand. @throws RangeError when the training table has too few rows of either kind */
export function measureSixFactors(train: LabelledTable, { rows, labels }: LabelledTable): SixFactorsEvaluation {
  const monotone = train.columns.map((column): Monotonicity => (rising.includes(column) ? 1 : 0))
  const scores = fitSupervisedEnsemble(train.rows, train.labels, { seed: 1, monotone }).score(rows)
  const { balancedAccuracy, falsePositiveRate, accuracy } = operatingPoint({ scores, labels }, defaultThreshold)
  return { auc: rocAuc({ scores, labels }), balancedAccuracy, fpr: falsePositiveRate, accuracy }
}
