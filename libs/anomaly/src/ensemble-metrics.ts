import { rocAuc, type LabelledScores } from './rank-metrics.ts'

/** What alarms at a threshold are worth. NaN where there is nothing to divide by. */
export interface OperatingPoint {
  readonly precision: number
  readonly recall: number
  readonly falsePositiveRate: number
  readonly accuracy: number
  readonly balancedAccuracy: number
}

export interface ModelEnsembleMetrics {
  readonly auc: number
  readonly precision: number
  readonly recall: number
  /** Mean rank correlation between the detectors. */
  readonly agreement: number
  readonly calibrationError: number
}

/** A row is an alarm from the threshold on. */
export function operatingPoint({ scores, labels }: LabelledScores, threshold: number): OperatingPoint {
  const counts = { truePositives: 0, falsePositives: 0, positives: 0, negatives: 0 }
  for (let row = 0; row < scores.length; row += 1) {
    const alarm = scores[row]! >= threshold
    if (labels[row] === 1) {
      counts.positives += 1
      if (alarm) counts.truePositives += 1
    } else {
      counts.negatives += 1
      if (alarm) counts.falsePositives += 1
    }
  }
  const { truePositives, falsePositives, positives, negatives } = counts
  const recall = truePositives / positives
  const falsePositiveRate = falsePositives / negatives
  return {
    precision: truePositives / (truePositives + falsePositives),
    recall,
    falsePositiveRate,
    accuracy: (truePositives + negatives - falsePositives) / scores.length,
    balancedAccuracy: (recall + 1 - falsePositiveRate) / 2,
  }
}

/**
 * Expected calibration error: how far probabilities lie from the shares that came true, over bins of equal width, weighted by their rows
 * (Guo, Pleiss, Sun & Weinberger 2017, ICML). 0 is perfect. For probabilities only: a tail risk isn't one.
 */
export function calibrationError({ scores, labels }: LabelledScores, bins = 10): number {
  const gaps = new Float64Array(bins)
  for (let row = 0; row < scores.length; row += 1) {
    const bin = Math.max(0, Math.min(bins - 1, Math.floor(scores[row]! * bins)))
    gaps[bin]! += scores[row]! - (labels[row] === 1 ? 1 : 0)
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / scores.length
}

/** Spearman's rank correlation of two detectors over the same rows, ties at their mean rank: −1 to 1, and 0 when one can't tell rows apart. */
export function rankAgreement(left: ArrayLike<number>, right: ArrayLike<number>): number {
  const [a, b] = [meanRanks(left), meanRanks(right)]
  const centre = (a.length - 1) / 2
  let [product, squaresA, squaresB] = [0, 0, 0]
  for (let row = 0; row < a.length; row += 1) {
    product += (a[row]! - centre) * (b[row]! - centre)
    squaresA += (a[row]! - centre) ** 2
    squaresB += (b[row]! - centre) ** 2
  }
  return squaresA === 0 || squaresB === 0 ? 0 : product / Math.sqrt(squaresA * squaresB)
}

/** Mean rank correlation between detectors over the same rows. NaN for fewer than two. */
export function meanAgreement(byDetector: readonly ArrayLike<number>[]): number {
  const pairs = byDetector.flatMap((left, index) => byDetector.slice(index + 1).map((right) => rankAgreement(left, right)))
  return pairs.reduce((sum, agreement) => sum + agreement, 0) / pairs.length
}

/** All figures of an ensemble over labelled rows. @param probabilities of the supervised head, or else the risks */
export function ensembleMetrics(
  { scores, labels }: LabelledScores,
  { threshold, probabilities, byDetector }: { readonly threshold: number; readonly probabilities: ArrayLike<number>; readonly byDetector: readonly ArrayLike<number>[] },
): ModelEnsembleMetrics {
  const { precision, recall } = operatingPoint({ scores, labels }, threshold)
  return {
    auc: rocAuc({ scores, labels }),
    precision,
    recall,
    agreement: meanAgreement(byDetector),
    calibrationError: calibrationError({ scores: probabilities, labels }),
  }
}

function meanRanks(scores: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: scores.length }, (_, row) => row).sort((left, right) => scores[left]! - scores[right]!)
  const ranks = new Float64Array(scores.length)
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) to += 1
    for (let place = from; place < to; place += 1) ranks[order[place]!] = (from + to - 1) / 2
    from = to
  }
  return ranks
}
