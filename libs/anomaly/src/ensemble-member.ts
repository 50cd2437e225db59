import { fitCalibration, type Calibration } from './calibrate.ts'
import { rowOf, type DataMatrix } from './data-matrix.ts'
import { arrayOf, fromDetectorBytes, kindOfDetectorBytes, toDetectorBytes } from './detector-bytes.ts'
import type { Detector, DetectorKind } from './detector.ts'
import { fitIsolationForest } from './isolation-forest.ts'
import { loadDetector } from './load-detector.ts'
import { fitLocalOutlierFactor, localOutlierFactorFrom, type LocalOutlierFactor } from './local-outlier-factor.ts'
import { nestedBytes, wordsOf } from './nested-bytes.ts'
import { recalibrated } from './reference/recalibrate.ts'
import { seededRandom } from './seeded-random.ts'
import { fitStandardisation, standardiseRow, standardiseRows, type Standardisation } from './standardise.ts'
import { fitStatisticalDetector } from './statistical-detector.ts'

const formatVersion = 1
const standardisedKind = 'standardised-lof'

export interface MemberOptions {
  readonly seed: number
  /** Rows that LOF searches at most; more are drawn from. */
  readonly neighbourRows: number
}

/** A detector over columns as they come, and its scores of the rows it was fitted to: as if each were new, where the detector can tell. */
export interface FittedMember {
  readonly detector: Detector
  readonly scores: Float64Array
}

/** A detector that compares with reference rows, which may move on while all else stays. */
export interface ReferencedDetector extends Detector {
  /** The rows it compares with, in the units of its own, the longest known first. */
  readonly reference: DataMatrix
  /** Of each of them, judged beside the others. */
  readonly referenceScores: Float64Array
  /** One that compares with these in place of as many rows that are known longest; this one stays as it is. In steps. @param added columns as they come */
  withReference(added: DataMatrix): Generator<undefined, ReferencedDetector>
}

export function isReferenced(detector: Detector): detector is ReferencedDetector {
  return 'withReference' in detector && 'referenceScores' in detector && 'reference' in detector
}

/** A detector with what its scores mean. */
export interface CalibratedMember {
  readonly detector: Detector
  readonly calibration: Calibration
}

/**
 * As a member is once these rows came: with a reference in which they took the place of those known longest, and calibrated by it; one without a reference is
 * calibrated by what it says of them. So what has become usual is no surprise to any member, and what one alone sees isn't drowned by the others.
 * @param kept rows of the reference that stay
 */
export function* movedMember({ detector, calibration }: CalibratedMember, added: DataMatrix, kept: number): Generator<undefined, CalibratedMember> {
  if (!isReferenced(detector)) return { detector, calibration: yield* recalibrated(calibration, { kept, added, scoreRow: (row) => detector.scoreRow(row) }) }
  const moved = yield* detector.withReference(added)
  return { detector: moved, calibration: fitCalibration(moved.referenceScores, { falseAlarmRate: calibration.falseAlarmRate }) }
}

/** Fits a detector of an ensemble. LOF gets standardised columns; the others want none. */
export function fitMember(kind: DetectorKind, rows: DataMatrix, options: MemberOptions): FittedMember {
  if (kind === 'lof') return fitNeighbours(rows, options)
  const detector = kind === 'iforest' ? fitIsolationForest(rows, { seed: options.seed }) : fitStatisticalDetector(rows)
  return { detector, scores: detector.score(rows) }
}

/** The detector that its `toBytes` wrote. @throws DetectorBytesError for anything else */
export function memberFrom(bytes: Uint8Array): Detector {
  const kind = kindOfDetectorBytes(bytes)
  if (kind === standardisedKind) {
    const content = fromDetectorBytes(bytes, standardisedKind, formatVersion)
    const inner = localOutlierFactorFrom(nestedBytes(content, 'detector'))
    const means = arrayOf(content, 'means', 'Float64Array', inner.columnCount)
    return standardised(inner, { means, scales: arrayOf(content, 'scales', 'Float64Array', inner.columnCount) })
  }
  return loadDetector(bytes)
}

/** Each column's share of what raises the row above an ordinary one: none negative, of sum 1; equal where nothing raises it. */
export function sharesOf(parts: Float64Array): Float64Array {
  const sum = parts.reduce((total, part) => total + Math.max(0, part), 0)
  return parts.map((part) => (sum > 0 && Number.isFinite(sum) ? Math.max(0, part) / sum : 1 / parts.length))
}

function fitNeighbours(rows: DataMatrix, { seed, neighbourRows }: MemberOptions): FittedMember {
  const { rowCount, columnCount } = rows
  const order = Uint32Array.from({ length: rowCount }, (_, row) => row)
  if (rowCount > neighbourRows) seededRandom(seed).shuffle(order)
  const drawn = order.slice(0, neighbourRows).sort()
  const reference = { values: new Float64Array(drawn.length * columnCount), rowCount: drawn.length, columnCount }
  for (const [place, row] of drawn.entries()) reference.values.set(rowOf(rows, row), place * columnCount)
  const standardisation = fitStandardisation(reference)
  const inner = fitLocalOutlierFactor(standardiseRows(standardisation, reference))
  const detector = standardised(inner, standardisation)
  const scores = rowCount > drawn.length ? detector.score(rows) : new Float64Array(rowCount)
  for (const [place, row] of drawn.entries()) scores[row] = inner.referenceScores[place]!
  return { detector, scores }
}

/** Means and scales stay those of the fit when the reference moves: a unit is what it was when all else was fitted. */
function standardised(inner: LocalOutlierFactor, standardisation: Standardisation): ReferencedDetector {
  const scratch = new Float64Array(inner.columnCount)
  return {
    kind: inner.kind,
    columnCount: inner.columnCount,
    scoreRow: (row) => inner.scoreRow(standardiseRow(standardisation, row, scratch)),
    score: (rows) => inner.score(standardiseRows(standardisation, rows)),
    attribute: (row) => inner.attribute(standardiseRow(standardisation, row, scratch)),
    reference: inner.reference,
    referenceScores: inner.referenceScores,
    *withReference(added) {
      return standardised(yield* inner.withReferenceInSteps(standardiseRows(standardisation, added), inner.reference.rowCount), standardisation)
    },
    toBytes: () => toDetectorBytes(standardisedKind, formatVersion, { numbers: {}, arrays: { ...standardisation, detector: wordsOf(inner.toBytes()) } }),
  }
}
