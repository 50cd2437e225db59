/** What an outcome is worth: `tp` for the earliest detection in a window, `fn` for a window missed, `fp` for a detection outside. */
export interface CostMatrix {
  readonly tpWeight: number
  readonly fpWeight: number
  readonly fnWeight: number
}

/** The profile by which detectors are compared (Lavin & Ahmad 2015, table 1). */
export const standardProfile: CostMatrix = { tpWeight: 1, fpWeight: 0.11, fnWeight: 1 }

/** One series with its labelled windows, both ends inclusive and equal to times of rows; windows rise and don't overlap. */
export interface LabelledSeries {
  readonly name: string
  readonly timesMs: ArrayLike<number>
  readonly windows: readonly (readonly [startMs: number, endMs: number])[]
}

/** One score a row, higher is more anomalous; 1 at most. */
export interface ScoredSeries extends LabelledSeries {
  readonly scores: ArrayLike<number>
}

export interface NabScore {
  /** 0 for a detector that never speaks, 100 for one that finds each window at its first row and says nothing else; NaN without windows. */
  readonly score: number
  /** What it earned beyond the silent detector, and what the perfect one would. */
  readonly gain: number
  readonly gainMax: number
  /** Scores at or above it are detections. */
  readonly threshold: number
  readonly windowsFound: number
  readonly windows: number
  /** Rows outside windows at or above the threshold. */
  readonly falseRows: number
}

/** No score reaches it: the detector that never speaks. The public scorer starts its sweep there, too. */
const silentThreshold = 1.1

/** Of the first 5,000 rows this share is for learning only: what is said there neither costs nor earns. */
const probationShare = 0.15

/**
 * The Numenta Anomaly Benchmark's figure (Lavin & Ahmad 2015, "Evaluating Real-time Anomaly Detection Algorithms"): of
 * the detections in a window only the best placed, the earliest, counts, and it earns less the later it is; a detection outside costs
 * less shortly after a window. Without a threshold given, the one threshold for all series that scores best is used, as the benchmark does.
 */
export function nabScore(corpus: readonly ScoredSeries[], costs: CostMatrix = standardProfile, threshold?: number): NabScore {
  const rows = corpus.flatMap((series) => scorableRows(series, costs)).sort((left, right) => right.score - left.score)
  const windows = new Set(rows.flatMap(({ window }) => (window === undefined ? [] : [window])))
  const silent = -windows.size * costs.fnWeight
  const windowsAll = corpus.reduce((count, series) => count + series.windows.length, 0)
  const perfect = windowsAll * costs.tpWeight

  const found = new Map<string, number>()
  let [sum, falseRows] = [silent, 0]
  let best = { sum, threshold: silentThreshold, windowsFound: 0, falseRows }
  for (const [index, row] of rows.entries()) {
    if (threshold !== undefined && row.score < threshold) break
    if (row.window === undefined) {
      sum += row.worth
      falseRows += 1
    } else {
      const before = found.get(row.window) ?? -costs.fnWeight
      sum += Math.max(0, row.worth - before)
      found.set(row.window, Math.max(before, row.worth))
    }
    const isLastOfTies = rows[index + 1]?.score !== row.score
    const counts = threshold === undefined ? isLastOfTies && sum > best.sum : true
    if (counts) best = { sum, threshold: threshold ?? row.score, windowsFound: found.size, falseRows }
  }
  const [gain, gainMax] = [best.sum - silent, perfect - silent]
  return {
    score: (100 * gain) / gainMax,
    gain,
    gainMax,
    threshold: threshold ?? best.threshold,
    windowsFound: best.windowsFound,
    windows: windowsAll,
    falseRows: best.falseRows,
  }
}

/**
 * The figure when no group of series has a say in its own threshold: each is scored at the threshold that is best for the others.
 * @param groups at least two, each a corpus
 */
export function nabScoreAcrossGroups(groups: readonly (readonly ScoredSeries[])[], costs: CostMatrix = standardProfile): number {
  const scores = groups.map((group) => nabScore(group, costs, nabScore(groups.filter((other) => other !== group).flat(), costs).threshold))
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
  return (100 * sum(scores.map(({ gain }) => gain))) / sum(scores.map(({ gainMax }) => gainMax))
}

/** The scaled sigmoid 2 / (1 + e^(5y)) − 1: 0.987 at a window's first row (y = −1), 0 at its end, −1 far behind it. */
export function scaledSigmoid(position: number): number {
  return position > 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1
}

/** Rows at the start of a series of this length that are for learning only. */
export function probationRows(rowCount: number): number {
  return Math.min(Math.floor(probationShare * rowCount), probationShare * 5_000)
}

interface ScorableRow {
  readonly score: number
  /** What a detection at this row adds. */
  readonly worth: number
  /** The window the row lies in, unique in the corpus. */
  readonly window: string | undefined
}

/** @throws RangeError when a window's end is no time of the series, or scores and times differ in number */
function scorableRows({ name, timesMs, windows, scores }: ScoredSeries, costs: CostMatrix): ScorableRow[] {
  if (scores.length !== timesMs.length) throw new RangeError(`${name}: ${scores.length} scores for ${timesMs.length} rows`)
  const times = Array.from(timesMs)
  const spans = windows.map(([startMs, endMs]) => {
    const [first, last] = [times.indexOf(startMs), times.indexOf(endMs)]
    if (first < 0 || last < first) throw new RangeError(`${name}: a window's start or end is no time of the series`)
    return { first, last, width: last - first + 1 }
  })
  const rows: ScorableRow[] = []
  for (let row = Math.ceil(probationRows(times.length)); row < times.length; row += 1) {
    const index = spans.findIndex(({ first, last }) => first <= row && row <= last)
    const before = spans.findLast(({ last }) => last < row)
    if (index >= 0) {
      const { last, width } = spans[index]!
      const earned = scaledSigmoid(-(last - row + 1) / width) / scaledSigmoid(-1)
      rows.push({ score: scores[row]!, worth: earned * costs.tpWeight, window: `${name}|${index}` })
    } else {
      const position = before === undefined ? Infinity : (row - before.last) / (before.width - 1)
      rows.push({ score: scores[row]!, worth: scaledSigmoid(position) * costs.fpWeight, window: undefined })
    }
  }
  return rows
}
