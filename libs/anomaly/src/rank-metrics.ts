/** Scores with what is true of each: 1 for an anomaly, 0 otherwise. Of one length. */
export interface LabelledScores {
  readonly scores: ArrayLike<number>
  readonly labels: ArrayLike<number>
}

/**
 * Area under the ROC curve: how likely an anomaly outscores an ordinary row, ties counted half (Mann & Whitney 1947).
 * NaN when one of the two kinds is missing.
 */
export function rocAuc({ scores, labels }: LabelledScores): number {
  const order = ascending(scores)
  let rankSum = 0
  let positives = 0
  for (let from = 0; from < order.length; ) {
    let to = from
    let tiedPositives = 0
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) {
      if (labels[order[to]!] === 1) tiedPositives += 1
      to += 1
    }
    rankSum += tiedPositives * ((from + 1 + to) / 2)
    positives += tiedPositives
    from = to
  }
  const negatives = order.length - positives
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
}

/** Average precision, Σ (Rₙ − Rₙ₋₁) Pₙ over descending thresholds, tied scores taken together, as scikit-learn defines it. NaN without anomalies. */
export function averagePrecision({ scores, labels }: LabelledScores): number {
  const order = ascending(scores)
  let positives = 0
  for (let index = 0; index < labels.length; index += 1) if (labels[index] === 1) positives += 1
  let found = 0
  let sum = 0
  for (let to = order.length; to > 0; ) {
    let from = to
    let tiedPositives = 0
    while (from > 0 && scores[order[from - 1]!] === scores[order[to - 1]!]) {
      from -= 1
      if (labels[order[from]!] === 1) tiedPositives += 1
    }
    found += tiedPositives
    sum += (tiedPositives / positives) * (found / (order.length - from))
    to = from
  }
  return sum
}

function ascending(scores: ArrayLike<number>): Uint32Array {
  const order = Uint32Array.from({ length: scores.length }, (_, index) => index)
  return order.sort((left, right) => scores[left]! - scores[right]!)
}
