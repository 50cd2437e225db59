import { defaultThreshold } from '@ott/anomaly/calibrate'
import { rowOf, type DataMatrix } from '@ott/anomaly/data-matrix'
import { binValues } from '@ott/anomaly/drift/value-bins'
import { fitEnsemble, rowsWhere } from '@ott/anomaly/ensemble'
import { ensembleMetrics, meanAgreement } from '@ott/anomaly/ensemble-metrics'
import { windowedFactors } from '@ott/anomaly/factor-windows'
import { averagePrecision, rocAuc } from '@ott/anomaly/rank-metrics'
import { riskFactors } from '@ott/anomaly/risk-factors'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { fitSupervisedEnsemble } from '@ott/anomaly/supervised-ensemble'
import { rehearseAnomalies, type ColumnGroup } from '@ott/anomaly/training/rehearse-anomalies'
import { viewerHoursFrom } from '@ott/anomaly/training/viewer-hours-bytes'
import { riskFactorNames } from '@ott/contracts/event-scored'
import type { ReportProgress } from '@ott/neural/training-module'
import type { ReferenceSpread } from '../../scoring/servable-model.ts'
import { TrainingDataError } from '../model-trainer.ts'
import type { TrainingMetrics } from '../training-run-store.ts'

export interface RiskEnsembleTraining {
  /** Viewers' hours, as `viewer-hours-bytes.ts` writes them. */
  readonly data: Uint8Array
  readonly seed: number
}

export interface FittedRiskEnsemble {
  readonly kind: 'ensemble' | 'supervised-ensemble'
  readonly bytes: Uint8Array
  readonly metrics: TrainingMetrics
  readonly validation: { readonly metric: string; readonly better: 'higher'; readonly worst: number }
  readonly reference: ReferenceSpread
}

/** The latest rows by time are kept from the training: what will be scored is later than what was learned from, too. */
const validationShare = 0.2
/** A tail of one in a thousand has to be guessed from fewer. */
const rowsMin = 500
/** Of each kind, in the rows that are trained on, for a supervised head. */
const labelsMin = 100
/** Of each kind, in the rows that are validated on, for figures that mean something. */
const validationLabelsMin = 10
/** Detectors that tell rows apart no better than this raise alarms by chance. */
const aucWorst = 0.6
/** Rows that LOF compares with: more are better by little, and each event waits for it. */
const neighbourRows = 1_024
/** Share of ordinary hours that shall reach a tenant's first threshold. */
const falseAlarmRate = 0.001
/** With a head that knows what anomalies look like, more alarms are worth their while. */
const supervisedFalseAlarmRate = 0.005

/** Trains the detectors of a tenant's risk on its viewers' hours. Runs in a worker thread. */
export async function train({ data, seed }: RiskEnsembleTraining, report: ReportProgress): Promise<FittedRiskEnsemble> {
  const { rows, labels } = viewerHoursFrom(data)
  if (rows.rowCount < rowsMin) throw new TrainingDataError(`${rows.rowCount} viewer-hours are too few to learn from: at least ${rowsMin} are needed`)
  const validationFrom = Math.floor(rows.rowCount * (1 - validationShare))
  const training = rowsWhere(rows, (row) => row < validationFrom)
  const validation = rowsWhere(rows, (row) => row >= validationFrom)
  const [known, held] = [labels.subarray(0, validationFrom), labels.subarray(validationFrom)]
  const tell = (step: number) => report({ epoch: 1, epochs: 1, step, steps: 3, loss: NaN })

  const detectors = fitEnsemble(training, { seed, falseAlarmRate, neighbourRows, labels: known })
  tell(1)
  const isSupervised = countOf(known, 1) >= labelsMin && countOf(known, 0) >= labelsMin
  const supervised = isSupervised ? fitSupervisedEnsemble(training, known, { seed, falseAlarmRate: supervisedFalseAlarmRate, neighbourRows, monotone: new Array<1>(training.columnCount).fill(1) }) : undefined
  const fitted = supervised ?? detectors
  tell(2)

  const scores = fitted.score(validation)
  const hasLabels = countOf(held, 1) >= validationLabelsMin && countOf(held, 0) >= validationLabelsMin
  const risks = rowsOf(validation).map((row) => detectors.memberRisks(row))
  const byDetector = detectors.members.map((_, member) => risks.map((each) => each[member]!))
  const metrics: TrainingMetrics = {
    trainedRows: training.rowCount,
    validatedRows: validation.rowCount,
    confirmedLabels: countOf(labels, 1),
    falsePositiveLabels: countOf(labels, 0),
    rehearsedAuc: rehearsedAuc((each) => fitted.score(each), { scores, training, validation, seed }),
    alarmShare: scores.reduce((sum, score) => sum + (score >= defaultThreshold ? 1 : 0), 0) / scores.length,
    agreement: meanAgreement(byDetector),
    ...(hasLabels ? labelledMetrics({ scores, labels: held }, supervised === undefined ? scores : rowsOf(validation).map((row) => supervised.head.probability(row)), byDetector) : {}),
  }
  tell(3)
  return {
    kind: supervised === undefined ? 'ensemble' : 'supervised-ensemble',
    bytes: fitted.toBytes(),
    metrics,
    validation: { metric: hasLabels ? 'auc' : 'rehearsedAuc', better: 'higher', worst: aucWorst },
    reference: { columns: columnsOf(training).map((values) => binValues(values)), scores: binValues(fitted.score(training)) },
  }
}

interface Rehearsal {
  /** Of the validation rows as they are. */
  readonly scores: Float64Array
  readonly training: DataMatrix
  readonly validation: DataMatrix
  readonly seed: number
}

/** How well rows with an anomaly put into them are told from the same rows without. */
function rehearsedAuc(score: (rows: DataMatrix) => Float64Array, { scores, training, validation, seed }: Rehearsal): number {
  const groups = riskFactorNames.map((name): ColumnGroup => ({
    columns: windowedFactors.flatMap((column, index) => (column.name === name ? [index] : [])),
    outlierFrom: riskFactors[name].scaled(riskFactors[name].outlierFrom),
  }))
  const anomalous = score(rehearseAnomalies(validation, training, groups, seededRandom(seed)))
  return rocAuc({ scores: [...scores, ...anomalous], labels: [...scores.map(() => 0), ...anomalous.map(() => 1)] })
}

/** Figures over what people have labelled; whatever else is among the rows is left out, but for how detectors agree. */
function labelledMetrics({ scores, labels }: { readonly scores: Float64Array; readonly labels: Int8Array }, probabilities: ArrayLike<number>, byDetector: readonly ArrayLike<number>[]): TrainingMetrics {
  const labelled = [...labels.keys()].filter((row) => labels[row] !== -1)
  const told = { scores: labelled.map((row) => scores[row]!), labels: labelled.map((row) => labels[row]!) }
  const figures = ensembleMetrics(told, { threshold: defaultThreshold, probabilities: labelled.map((row) => probabilities[row]!), byDetector })
  return { ...figures, ap: averagePrecision(told), precision: Number.isNaN(figures.precision) ? null : figures.precision }
}

function rowsOf(rows: DataMatrix): Float64Array[] {
  return Array.from({ length: rows.rowCount }, (_, row) => rowOf(rows, row))
}

function columnsOf({ values, rowCount, columnCount }: DataMatrix): Float64Array[] {
  return Array.from({ length: columnCount }, (_, column) => Float64Array.from({ length: rowCount }, (_row, row) => values[row * columnCount + column]!))
}

function countOf(labels: Int8Array, value: number): number {
  return labels.reduce((count, label) => count + (label === value ? 1 : 0), 0)
}
