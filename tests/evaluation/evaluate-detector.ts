import type { DataMatrix } from '@ott/anomaly/data-matrix'
import { fitEnsemble } from '@ott/anomaly/ensemble'
import { fitIsolationForest } from '@ott/anomaly/isolation-forest'
import { fitLocalOutlierFactor } from '@ott/anomaly/local-outlier-factor'
import { averagePrecision, rocAuc } from '@ott/anomaly/rank-metrics'
import { fitStandardisation, standardiseRows } from '@ott/anomaly/standardise'
import { fitStatisticalDetector } from '@ott/anomaly/statistical-detector'
import { StartError } from '@ott/dev-env/start-error'
import { readTable } from './read-table.ts'

export interface DetectorEvaluation {
  /** Means over the seeds. */
  readonly auc: number
  readonly ap: number
  /** Standard deviation over the seeds, 0 for a detector without chance. */
  readonly aucSd: number
  /** Medians. */
  readonly fitMs: number
  readonly scoreRowsPerSecond: number
}

interface FittedModel {
  /** Of the rows that it was fitted to. */
  ownScores(): Float64Array
  /** Of rows as if they were new: what is timed. */
  score(rows: DataMatrix): Float64Array
}

interface EvaluatedDetector {
  readonly isSeeded: boolean
  fit(rows: DataMatrix, seed: number): FittedModel
}

/** What `--detector` may name. */
const detectors: Readonly<Record<string, EvaluatedDetector>> = {
  iforest: {
    isSeeded: true,
    fit(rows, seed) {
      const forest = fitIsolationForest(rows, { seed })
      return { ownScores: () => forest.score(rows), score: forest.score }
    },
  },
  lof: {
    isSeeded: false,
    fit(rows) {
      const model = fitLocalOutlierFactor(rows, { neighbours: 20 })
      return { ownScores: () => model.referenceScores, score: model.score }
    },
  },
  statistical: {
    isSeeded: false,
    fit(rows) {
      const model = fitStatisticalDetector(rows)
      return { ownScores: () => model.score(rows), score: model.score }
    },
  },
  ensemble: {
    isSeeded: true,
    fit(rows, seed) {
      const model = fitEnsemble(rows, { seed })
      return { ownScores: () => model.score(rows), score: model.score }
    },
  },
}

/** Fits of a detector without chance, and passes over the rows a fit, for the medians of their times. */
const timedFits = 3
const timedPasses = 3

/**
 * Fits a detector to all rows of a labelled CSV file without looking at the labels, scores the same rows and compares
 * (the transductive protocol of ADBench, Han 2022), with the seeds 0, 1, ….
 * @throws StartError for a detector that isn't known, and for a file that can't be evaluated
 */
export async function evaluateDetector(options: {
  readonly detector: string
  readonly file: string
  readonly label: string
  readonly standardise: boolean
  readonly seeds: number
}): Promise<DetectorEvaluation> {
  const { detector, file, label, standardise, seeds } = options
  const evaluated = Object.hasOwn(detectors, detector) ? detectors[detector] : undefined
  if (evaluated === undefined) throw new StartError(`--detector: ${detector} is none of ${Object.keys(detectors).join(', ')}`)
  const { rows: read, labels } = await readTable(file, label)
  if (new Set(labels).size < 2) throw new StartError(`${file}: all rows are labelled ${labels[0]}, there is nothing to tell apart`)
  try {
    return measure(evaluated, standardise ? standardiseRows(fitStandardisation(read), read) : read, labels, seeds)
  } catch (error) {
    // What the file holds no detector can be fitted to.
    if (error instanceof RangeError) throw new StartError(`${file}: ${error.message}`)
    throw error
  }
}

function measure({ isSeeded, fit }: EvaluatedDetector, rows: DataMatrix, labels: Uint8Array, seeds: number): DetectorEvaluation {
  const aucs: number[] = []
  const precisions: number[] = []
  const fitMs: number[] = []
  const rates: number[] = []
  for (let seed = 0; seed < (isSeeded ? seeds : timedFits); seed += 1) {
    const startedAtMs = performance.now()
    const model = fit(rows, seed)
    fitMs.push(performance.now() - startedAtMs)
    const scores = model.ownScores()
    aucs.push(rocAuc({ scores, labels }))
    precisions.push(averagePrecision({ scores, labels }))
    for (let pass = 0; pass < timedPasses; pass += 1) {
      const scoredFromMs = performance.now()
      model.score(rows)
      rates.push((rows.rowCount / (performance.now() - scoredFromMs)) * 1_000)
    }
  }
  const auc = mean(aucs)
  return {
    auc,
    ap: mean(precisions),
    aucSd: isSeeded ? Math.sqrt(mean(aucs.map((value) => (value - auc) ** 2))) : 0,
    fitMs: median(fitMs),
    scoreRowsPerSecond: Math.round(median(rates)),
  }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const median = (values: readonly number[]) => values.toSorted((left, right) => left - right)[values.length >>> 1]!
