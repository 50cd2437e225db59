/** What a score means among the reference scores of one detector and tenant. Plain JSON. */
export interface Calibration {
  /** Share of reference rows that reach `defaultThreshold`. */
  readonly falseAlarmRate: number
  /** Ascending reference scores, and of each −ln of the share of reference scores that are at least as high. */
  readonly knots: readonly number[]
  readonly surprises: readonly number[]
  /** Above the last knot. */
  readonly tail: GeneralisedPareto
}

interface GeneralisedPareto {
  readonly shape: number
  readonly scale: number
  /** Beyond this excess, where no reference score is, −ln of the share goes on in a straight line: higher scores stay higher. */
  readonly linearFrom: number
}

/** The threshold a tenant starts with: what is called an outlier (see risk-score.ts). */
export const defaultThreshold = 0.7
const knotCount = 256
/** Where the tail begins: Siffer et al. take the highest 2 %. Fewer than 30 scores say little about its shape. */
const tailShare = 0.02
const leastTailCount = 30
const mostTailShare = 0.1
const shapeBounds = { least: -0.9, most: 0.5 }

/**
 * Learns what scores are usual. Below the highest 2 % by their empirical distribution, above by a generalised Pareto distribution of the
 * excesses (Siffer, Fouque, Termier & Largouët 2017, "Anomaly Detection in Streams with Extreme Value Theory", KDD), fitted by
 * probability-weighted moments (Hosking & Wallis 1987, Technometrics 29:339–349). The same in whatever order the scores come.
 * @param falseAlarmRate share of rows like the reference that shall reach 0.7; needs no more than 1 / (30 × rate) reference scores to hold
 * @throws RangeError without at least two scores, for one that isn't finite, or a rate outside of (0, 0.5]
 */
export function fitCalibration(scores: ArrayLike<number>, { falseAlarmRate = 0.001 }: { readonly falseAlarmRate?: number } = {}): Calibration {
  if (!(falseAlarmRate > 0 && falseAlarmRate <= 0.5)) throw new RangeError(`falseAlarmRate: ${falseAlarmRate} is not above 0 and at most 0.5`)
  if (scores.length < 2) throw new RangeError(`a calibration needs 2 scores, there are ${scores.length}`)
  const sorted = Float64Array.from(scores).sort()
  if (!Number.isFinite(sorted[0]) || !Number.isFinite(sorted.at(-1))) throw new RangeError('a score to calibrate by is no finite number')
  const count = sorted.length
  const tailCount = Math.max(1, Math.round(Math.min(mostTailShare * count, Math.max(leastTailCount, tailShare * count))))
  const knots: number[] = []
  const surprises: number[] = []
  const furthest = Math.log(count / tailCount)
  let first = 0
  for (let step = 0; step <= knotCount; step += 1) {
    // Evenly spaced in surprise: dense where few scores are, near the threshold.
    const place = Math.min(count - tailCount, Math.floor(count * -Math.expm1((-furthest * step) / knotCount)))
    // JSON knows no −0.
    const knot = sorted[step === knotCount ? count - tailCount : place]! + 0
    if (knots.at(-1) === knot) continue
    while (sorted[first]! < knot) first += 1
    knots.push(knot)
    surprises.push(first === 0 ? 0 : Math.log(count / (count - first)))
  }
  return { falseAlarmRate, knots, surprises, tail: fitTail(sorted, knots.at(-1)!) }
}

function fitTail(sorted: Float64Array, start: number): GeneralisedPareto {
  const excesses = sorted.filter((score) => score > start).map((score) => score - start)
  const count = excesses.length
  // Nothing is above: one unit of spread makes it e times rarer. A spread of nothing takes rounding as its unit.
  const unit = Math.max(start - sorted[0]!, Math.abs(start) * 1e-9, Number.MIN_VALUE * 2 ** 60)
  if (count === 0) return { shape: 0, scale: unit, linearFrom: 0 }
  let mean = 0
  let weighted = 0
  for (let index = 0; index < count; index += 1) {
    mean += excesses[index]! / count
    if (count > 1) weighted += (excesses[index]! * (count - 1 - index)) / (count - 1) / count
  }
  const ratio = mean / (mean - 2 * weighted)
  const shape = count < leastTailCount / 3 || !Number.isFinite(ratio) ? 0 : Math.max(shapeBounds.least, Math.min(shapeBounds.most, 2 - ratio))
  // The mean of the distribution is scale / (1 − shape): it holds for a shape that was cut off, too.
  const scale = Math.max(mean * (1 - shape), Number.MIN_VALUE * 2 ** 60)
  const certain = Math.log(count) + 2
  return { shape, scale, linearFrom: shape < 0 ? (scale * Math.expm1(shape * certain)) / shape : Number.MAX_VALUE }
}

/** −ln of the share of reference rows that score at least as high, in nats: 0 for the lowest, 6.9 for one in a thousand. Rises with the score. */
export function surpriseOf({ knots, surprises, tail }: Calibration, score: number): number {
  const last = knots.length - 1
  if (score >= knots[last]!) return surprises[last]! + tailSurprise(tail, score - knots[last]!)
  if (!(score > knots[0]!)) return 0
  let low = 0
  let high = last
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (knots[middle]! <= score) low = middle
    else high = middle
  }
  const share = (score - knots[low]!) / (knots[high]! - knots[low]!)
  return surprises[low]! + share * (surprises[high]! - surprises[low]!)
}

function tailSurprise({ shape, scale, linearFrom }: GeneralisedPareto, excess: number): number {
  if (shape === 0) return Math.min(Number.MAX_VALUE, excess / scale)
  const curved = Math.log1p((shape * Math.min(excess, linearFrom)) / scale) / shape
  return excess <= linearFrom ? curved : curved + (excess - linearFrom) / (scale + shape * linearFrom)
}

/** The score that is as surprising: the inverse of `surpriseOf`, the lowest score for a surprise of 0 or less. Beyond the fitted tail it stops. */
export function scoreOfSurprise({ knots, surprises, tail: { shape, scale, linearFrom } }: Calibration, surprise: number): number {
  const last = knots.length - 1
  if (surprise >= surprises[last]!) {
    const beyond = surprise - surprises[last]!
    return knots[last]! + Math.min(linearFrom === 0 ? Infinity : linearFrom, shape === 0 ? beyond * scale : (scale * Math.expm1(shape * beyond)) / shape)
  }
  if (!(surprise > surprises[0]!)) return knots[0]!
  let above = 1
  while (surprises[above]! < surprise) above += 1
  const share = (surprise - surprises[above - 1]!) / (surprises[above]! - surprises[above - 1]!)
  return knots[above - 1]! + share * (knots[above]! - knots[above - 1]!)
}

/**
 * A surprise on the scale of risks, 1 − 0.3^(surprise / −ln rate): 0 for none, 0.7 for what one reference row in 1 / rate reaches, to 1.
 * The curve is that of risk-score.ts for a factor that is normally distributed: there −ln of the tail grows as z², too.
 */
export function riskOf(surprise: number, falseAlarmRate: number): number {
  return -Math.expm1((Math.log(1 - defaultThreshold) * surprise) / -Math.log(falseAlarmRate))
}

/** A score of the detector as a risk in [0, 1]. */
export function calibrated(calibration: Calibration, score: number): number {
  return riskOf(surpriseOf(calibration, score), calibration.falseAlarmRate)
}

/** The calibration as numbers, for a model's bytes. */
export function calibrationNumbers({ falseAlarmRate, knots, surprises, tail }: Calibration): Float64Array {
  return Float64Array.of(falseAlarmRate, tail.shape, tail.scale, tail.linearFrom, ...knots, ...surprises)
}

/** @throws RangeError for numbers that are no calibration */
export function calibrationFrom(numbers: Float64Array): Calibration {
  const [falseAlarmRate = NaN, shape = NaN, scale = NaN, linearFrom = NaN] = numbers
  const count = (numbers.length - 4) / 2
  const isOne = Number.isInteger(count) && count >= 1 && falseAlarmRate > 0 && falseAlarmRate <= 0.5 && scale > 0 && numbers.every(Number.isFinite)
  if (!isOne) throw new RangeError(`these ${numbers.length} numbers are no calibration`)
  return { falseAlarmRate, knots: [...numbers.subarray(4, 4 + count)], surprises: [...numbers.subarray(4 + count)], tail: { shape, scale, linearFrom } }
}
