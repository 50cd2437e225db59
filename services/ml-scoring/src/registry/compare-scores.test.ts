import { describe, expect, test } from '@jest/globals'
import { seededRandom } from '@ott/anomaly/seeded-random'
import fc from 'fast-check'
import { addTallies, comparisonOf, emptyTally, largestMax, rankCorrelationOf, scoreBins, tallyOf, type ScoredPair, type ScoreTally } from './compare-scores.ts'

// Multiples of 1/64 add up without rounding, so that sums don't depend on their order.
const score = fc.nat(64).map((n) => n / 64)
const pairs = fc.array(fc.record({ champion: score, challenger: score }), { maxLength: 80 }).map((list) => list.map((pair, n) => ({ ...pair, eventId: `e-${n}` })))
const fold = (tallies: readonly ScoreTally[]) => tallies.reduce(addTallies, emptyTally)

test('a tally is the same however events are cut into batches, and in whatever order these come', () => {
  fc.assert(
    fc.property(pairs, score, fc.array(fc.nat(80), { maxLength: 5 }), fc.boolean(), (all, threshold, cuts, isReversed) => {
      const places = [0, ...cuts.sort((a, b) => a - b), 80]
      const parts = places.slice(1).map((to, n) => tallyOf(all.slice(places[n], to), threshold))
      expect(fold(isReversed ? parts.reverse() : parts)).toEqual(tallyOf(all, threshold))
    }),
  )
})

test('every event is in one bin of each histogram, and on one side of the threshold or the other', () => {
  fc.assert(
    fc.property(pairs, score, (all, threshold) => {
      const { events, histograms, agreement, onlyChampionOver, onlyChallengerOver, meanAbsoluteDifference, meanDifference } = comparisonOf(tallyOf(all, threshold))
      const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)
      expect([events, sum(histograms.champion), sum(histograms.challenger)]).toEqual([all.length, all.length, all.length])
      const flips = all.filter(({ champion, challenger }) => champion >= threshold !== challenger >= threshold).length
      expect(onlyChampionOver + onlyChallengerOver).toBe(flips)
      if (all.length === 0) return expect([agreement, meanDifference, meanAbsoluteDifference]).toEqual([null, null, null])
      expect(agreement).toBeCloseTo(1 - flips / all.length, 12)
      expect(Math.abs(meanDifference ?? NaN)).toBeLessThanOrEqual((meanAbsoluteDifference ?? NaN) + 1e-12)
    }),
  )
})

test('flips are told by their direction', () => {
  const at = (champion: number, challenger: number) => ({ eventId: `${champion}/${challenger}`, champion, challenger })
  expect(tallyOf([at(0.7, 0.2), at(0.2, 0.7), at(0.3, 0.9), at(0.7, 0.8), at(0.6, 0.59)], 0.6)).toMatchObject({ onlyChampionOver: 2, onlyChallengerOver: 2, events: 5 })
})

test('what is no score is counted as such and moves nothing else', () => {
  const good = { eventId: 'g', champion: 0.5, challenger: 0.75 }
  const bad = [NaN, Infinity, -0.01, 1.01].flatMap((wrong, n) => [{ eventId: `a${n}`, champion: wrong, challenger: 0.5 }, { eventId: `b${n}`, champion: 0.5, challenger: wrong }])
  expect(tallyOf([...bad, good], 0.5)).toEqual({ ...tallyOf([good], 0.5), invalid: 8 })
})

describe('the events that are named', () => {
  test('are those with the largest differences, each once, in order, and no more than fit', () => {
    const all: ScoredPair[] = Array.from({ length: 100 }, (_, n) => ({ eventId: `e-${n}`, champion: 0, challenger: n / 100 }))
    const { largest } = addTallies(tallyOf(all.slice(40), 0.5), tallyOf([...all, ...all], 0.5))
    expect(largest.map(({ eventId }) => eventId)).toEqual(Array.from({ length: largestMax }, (_, n) => `e-${99 - n}`))
  })

  test('are none where both say the same', () => {
    expect(tallyOf([{ eventId: 'e', champion: 0.5, challenger: 0.5 }], 0.5).largest).toEqual([])
  })
})

describe('the rank correlation', () => {
  const correlation = (all: readonly ScoredPair[]) => rankCorrelationOf(tallyOf(all, 0.5).joint)

  test('is 1 for one order, -1 for the opposite one, and nothing where one side never moves', () => {
    const steps = Array.from({ length: scoreBins }, (_, n) => (n + 0.5) / scoreBins)
    expect(correlation(steps.map((champion, n) => ({ eventId: `${n}`, champion, challenger: champion ** 1.2 * 0.99 })))).toBeGreaterThan(0.99)
    expect(correlation(steps.map((champion, n) => ({ eventId: `${n}`, champion, challenger: 1 - champion })))).toBeCloseTo(-1, 12)
    expect(correlation(steps.map((champion, n) => ({ eventId: `${n}`, champion, challenger: 0.4 })))).toBeNull()
    expect(correlation([])).toBeNull()
  })

  test.each([0, 0.05, 0.2, 1])("of binned scores is within .02 of that of the scores themselves, with noise of %f", (noise) => {
    const random = seededRandom(7)
    const all = Array.from({ length: 3_000 }, (_, n) => {
      const champion = random.uniform()
      return { eventId: `${n}`, champion, challenger: Math.min(1, Math.max(0, champion + noise * random.normal())) }
    })
    expect(Math.abs((correlation(all) ?? NaN) - spearman(all))).toBeLessThan(0.02)
  })
})

/** Pearson's correlation of mean ranks, from the definition. */
function spearman(all: readonly ScoredPair[]): number {
  const ranks = (values: readonly number[]) => values.map((value) => values.reduce((sum, other) => sum + (other < value ? 1 : other === value ? 0.5 : 0), 0))
  const [a, b] = [ranks(all.map(({ champion }) => champion)), ranks(all.map(({ challenger }) => challenger))]
  const mean = all.length / 2
  const product = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, n) => sum + (value - mean) * ((y[n] ?? 0) - mean), 0)
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b))
}
