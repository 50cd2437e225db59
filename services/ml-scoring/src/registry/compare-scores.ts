/** What two versions of a model said to one event, both 0 to 1. */
export interface ScoredPair {
  readonly eventId: string
  readonly champion: number
  readonly challenger: number
}

/** How a challenger's scores differ from its champion's: adds up over events, batches and processes, in any order. */
export interface ScoreTally {
  readonly events: number
  /** Pairs that are left out because a score is no number from 0 to 1. */
  readonly invalid: number
  /** Σ (challenger − champion) and Σ |challenger − champion|. */
  readonly differenceSum: number
  readonly absoluteDifferenceSum: number
  /** Events over the tenant's threshold by one of the two alone. */
  readonly onlyChampionOver: number
  readonly onlyChallengerOver: number
  /** Events by bins of both scores: place champion's bin · {@link scoreBins} + challenger's bin. */
  readonly joint: readonly number[]
  /** The events with the largest differences, the largest first. */
  readonly largest: readonly ScoredPair[]
}

/** Bins of equal width in which scores are counted. */
export const scoreBins = 20
/** Events named for their difference. */
export const largestMax = 20

export const emptyTally: ScoreTally = {
  ...{ events: 0, invalid: 0, differenceSum: 0, absoluteDifferenceSum: 0, onlyChampionOver: 0, onlyChallengerOver: 0 },
  joint: new Array<number>(scoreBins * scoreBins).fill(0),
  largest: [],
}

/** Counts pairs. @param threshold from which on a score raises a violation; the tenant's, as it is now */
export function tallyOf(pairs: readonly ScoredPair[], threshold: number): ScoreTally {
  const joint = [...emptyTally.joint]
  let [events, differenceSum, absoluteDifferenceSum, onlyChampionOver, onlyChallengerOver] = [0, 0, 0, 0, 0]
  const counted: ScoredPair[] = []
  for (const pair of pairs) {
    const { champion, challenger } = pair
    if (!isScore(champion) || !isScore(challenger)) continue
    counted.push(pair)
    events++
    differenceSum += challenger - champion
    absoluteDifferenceSum += Math.abs(challenger - champion)
    if (champion >= threshold && challenger < threshold) onlyChampionOver++
    if (challenger >= threshold && champion < threshold) onlyChallengerOver++
    const place = binOf(champion) * scoreBins + binOf(challenger)
    joint[place] = (joint[place] ?? 0) + 1
  }
  return { events, invalid: pairs.length - events, differenceSum, absoluteDifferenceSum, onlyChampionOver, onlyChallengerOver, joint, largest: largestOf(counted) }
}

/** Both together. */
export function addTallies(a: ScoreTally, b: ScoreTally): ScoreTally {
  return {
    events: a.events + b.events,
    invalid: a.invalid + b.invalid,
    differenceSum: a.differenceSum + b.differenceSum,
    absoluteDifferenceSum: a.absoluteDifferenceSum + b.absoluteDifferenceSum,
    onlyChampionOver: a.onlyChampionOver + b.onlyChampionOver,
    onlyChallengerOver: a.onlyChallengerOver + b.onlyChallengerOver,
    joint: a.joint.map((count, place) => count + (b.joint[place] ?? 0)),
    largest: largestOf([...a.largest, ...b.largest]),
  }
}

/** What a tally says. Null where there is nothing to say it of. */
export interface ScoreComparison {
  readonly events: number
  readonly invalid: number
  readonly meanDifference: number | null
  readonly meanAbsoluteDifference: number | null
  /** Spearman's, of the binned scores: 1 when both put events in one order. Null while all events are in one bin of either. */
  readonly rankCorrelation: number | null
  readonly onlyChampionOver: number
  readonly onlyChallengerOver: number
  /** Events on the same side of the threshold, as a share. */
  readonly agreement: number | null
  readonly histograms: { readonly binWidth: number; readonly champion: readonly number[]; readonly challenger: readonly number[] }
  readonly largest: readonly ScoredPair[]
}

export function comparisonOf({ events, invalid, differenceSum, absoluteDifferenceSum, onlyChampionOver, onlyChallengerOver, joint, largest }: ScoreTally): ScoreComparison {
  const each = (sum: number) => (events === 0 ? null : sum / events)
  const [champion, challenger] = marginsOf(joint)
  return {
    ...{ events, invalid, onlyChampionOver, onlyChallengerOver, largest },
    meanDifference: each(differenceSum),
    meanAbsoluteDifference: each(absoluteDifferenceSum),
    rankCorrelation: rankCorrelationOf(joint),
    agreement: each(events - onlyChampionOver - onlyChallengerOver),
    histograms: { binWidth: 1 / scoreBins, champion, challenger },
  }
}

/**
 * Spearman's rank correlation of binned pairs: Pearson's of the ranks, where all of one bin share the mean of their ranks (Kendall & Gibbons,
 * "Rank Correlation Methods", 1990, ch. 3, on ties). Null where either side has one bin only.
 */
export function rankCorrelationOf(joint: readonly number[]): number | null {
  const [rows, columns] = marginsOf(joint)
  const total = rows.reduce((sum, count) => sum + count, 0)
  const centre = (total + 1) / 2
  const [rowRanks, columnRanks] = [midranksOf(rows), midranksOf(columns)]
  let covariance = 0
  joint.forEach((count, place) => {
    covariance += count * ((rowRanks[Math.floor(place / scoreBins)] ?? 0) - centre) * ((columnRanks[place % scoreBins] ?? 0) - centre)
  })
  const spread = (counts: readonly number[], ranks: readonly number[]) => counts.reduce((sum, count, bin) => sum + count * ((ranks[bin] ?? 0) - centre) ** 2, 0)
  const product = spread(rows, rowRanks) * spread(columns, columnRanks)
  return product === 0 ? null : Math.max(-1, Math.min(1, covariance / Math.sqrt(product)))
}

function marginsOf(joint: readonly number[]): [champion: number[], challenger: number[]] {
  const [champion, challenger] = [new Array<number>(scoreBins).fill(0), new Array<number>(scoreBins).fill(0)]
  joint.forEach((count, place) => {
    const [row, column] = [Math.floor(place / scoreBins), place % scoreBins]
    champion[row] = (champion[row] ?? 0) + count
    challenger[column] = (challenger[column] ?? 0) + count
  })
  return [champion, challenger]
}

function midranksOf(counts: readonly number[]): number[] {
  let below = 0
  return counts.map((count) => {
    const rank = below + (count + 1) / 2
    below += count
    return rank
  })
}

/** An event that was scored again, after a crash, is named once. */
function largestOf(pairs: readonly ScoredPair[]): ScoredPair[] {
  const byId = new Map<string, ScoredPair>()
  for (const pair of pairs) {
    const known = byId.get(pair.eventId)
    if (known === undefined || compare(pair, known) < 0) byId.set(pair.eventId, pair)
  }
  return [...byId.values()].filter(({ champion, challenger }) => champion !== challenger).sort(compare).slice(0, largestMax)
}

/** A whole order, so that which are kept doesn't depend on the order in which they came. */
function compare(a: ScoredPair, b: ScoredPair): number {
  const difference = Math.abs(b.challenger - b.champion) - Math.abs(a.challenger - a.champion)
  if (difference !== 0) return difference
  if (a.eventId !== b.eventId) return a.eventId < b.eventId ? -1 : 1
  return b.champion - a.champion
}

function isScore(value: number): boolean {
  return value >= 0 && value <= 1
}

function binOf(score: number): number {
  return Math.min(scoreBins - 1, Math.floor(score * scoreBins))
}
