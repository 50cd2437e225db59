import type { Monotonicity } from './boosted-trees.ts'
import { calibrated, calibrationFrom, calibrationNumbers, fitCalibration, surpriseOf, type Calibration } from './calibrate.ts'
import { checkReference, checkRow } from './check-rows.ts'
import type { DataMatrix } from './data-matrix.ts'
import { rowOf } from './data-matrix.ts'
import { arrayOf, DetectorBytesError, fromDetectorBytes, numberOf, toDetectorBytes } from './detector-bytes.ts'
import { detectorKinds, type Detector, type DetectorKind } from './detector.ts'
import { fitMember, isReferenced, memberFrom, movedMember, sharesOf } from './ensemble-member.ts'
import { rowsWhere } from './ensemble.ts'
import { nestedBytes, readPart, wordsOf } from './nested-bytes.ts'
import { recalibrated } from './reference/recalibrate.ts'
import { seededRandom } from './seeded-random.ts'
import { fitSupervisedHead, supervisedHeadFrom, type SupervisedHead } from './supervised-head.ts'

const formatVersion = 1
const folds = 3

export interface SupervisedEnsembleOptions {
  readonly seed: number
  readonly monotone?: readonly Monotonicity[]
  readonly kinds?: readonly DetectorKind[]
  /** Share of ordinary rows that shall score 0.7 or more. */
  readonly falseAlarmRate?: number
  readonly neighbourRows?: number
}

/** A supervised head for anomalies of known kinds, and detectors for those of new kinds. Never changes once fitted. */
export interface SupervisedEnsemble {
  readonly columnCount: number
  readonly head: SupervisedHead
  /** The risk, 0 to 1; 0.7 is reached by the stated share of ordinary rows. */
  scoreRow(row: Float64Array): number
  score(rows: DataMatrix): Float64Array
  /** How much of the risk is due to each column: none negative, their sum is the risk. */
  attribute(row: Float64Array): Float64Array
  /** Share of ordinary rows that score 0.7 or more. */
  readonly falseAlarmRate: number
  /** What a detector of it compares rows with; undefined when none has a reference. */
  readonly reference: DataMatrix | undefined
  /** As `FittedEnsemble.withReference`; the head stays what it is. */
  withReference(added: DataMatrix): Generator<undefined, SupervisedEnsemble>
  toBytes(): Uint8Array
}

interface Scorer {
  readonly score: (row: Float64Array) => number
  readonly attribute: (row: Float64Array) => Float64Array
}

interface Parts {
  readonly head: SupervisedHead
  readonly detectors: readonly Detector[]
  /** Of the head, then of each detector. */
  readonly calibrations: readonly Calibration[]
  readonly calibration: Calibration
}

/**
 * Head and detectors (fitted to what isn't labelled an anomaly) are calibrated on ordinary rows that they haven't seen: equal rows fall into one of
 * three folds together. A row is as surprising as the cubic mean of its surprises makes it, ∛Σs³: between the sum (Fisher 1932), in which the
 * silence of the head drowns a detector, and the highest alone (Tippett 1931).
 * @param labels 1 for an anomaly, 0 for an ordinary row, anything else for not known: such rows count as usual for the detectors only
 * @throws RangeError with fewer than 50 labels of either kind in two thirds of the rows, and as `fitEnsemble`
 */
export function fitSupervisedEnsemble(rows: DataMatrix, labels: ArrayLike<number>, options: SupervisedEnsembleOptions): SupervisedEnsemble {
  const { falseAlarmRate = 0.015 } = options
  checkReference(rows)
  if (labels.length !== rows.rowCount) throw new RangeError(`${labels.length} labels for ${rows.rowCount} rows`)
  const foldOf = foldsOf(rows, options.seed)
  const unseen: number[][] = []
  for (let fold = 0; fold < folds; fold += 1) {
    const scorers = scorersOf(fitParts(rows, labels, (row) => labels[row] === 1 || foldOf[row] !== fold, options))
    for (let row = 0; row < rows.rowCount; row += 1) {
      if (labels[row] === 0 && foldOf[row] === fold) unseen.push(scorers.map((scorer) => scorer.score(rowOf(rows, row))))
    }
  }
  const { head, detectors } = fitParts(rows, labels, () => true, options)
  const calibrations = [head, ...detectors].map((_, index) => fitCalibration(unseen.map((scores) => scores[index]!), { falseAlarmRate }))
  const fused = unseen.map((scores) => cubicSum(scores.map((score, index) => surpriseOf(calibrations[index]!, score))))
  return supervisedEnsembleOf({ head, detectors, calibrations, calibration: fitCalibration(fused, { falseAlarmRate }) })
}

/** The ensemble that `toBytes` wrote; its scores are equal bit for bit. @throws DetectorBytesError for anything else */
export function supervisedEnsembleFrom(bytes: Uint8Array): SupervisedEnsemble {
  const content = fromDetectorBytes(bytes, 'supervised-ensemble', formatVersion)
  const count = numberOf(content, 'detectors', { least: 0, most: 100 })
  const calibrationOf = (name: string) => readPart(name, () => calibrationFrom(arrayOf(content, name, 'Float64Array')))
  const head = supervisedHeadFrom(nestedBytes(content, 'head'))
  const detectors = Array.from({ length: count }, (_, index) => memberFrom(nestedBytes(content, `detector${index}`)))
  if (detectors.some(({ columnCount }) => columnCount !== head.columnCount)) throw new DetectorBytesError('head and detectors differ in columns')
  const calibrations = [head, ...detectors].map((_, index) => calibrationOf(`calibration${index}`))
  return supervisedEnsembleOf({ head, detectors, calibrations, calibration: calibrationOf('calibration') })
}

function supervisedEnsembleOf(parts: Parts): SupervisedEnsemble {
  const { head, detectors, calibrations, calibration } = parts
  const { columnCount } = head
  const scorers = scorersOf(parts)
  const fusedOf = fusedBy(parts)
  const scoreRow = (row: Float64Array) => calibrated(calibration, fusedOf(row))
  const reference = detectors.find(isReferenced)?.reference
  return {
    columnCount,
    head,
    scoreRow,
    score: (rows) => Float64Array.from({ length: rows.rowCount }, (_, row) => scoreRow(rowOf(rows, row))),
    attribute(row) {
      checkRow(row, columnCount)
      const sums = new Float64Array(columnCount)
      let cubes = 0
      for (const [index, scorer] of scorers.entries()) {
        const cube = surpriseOf(calibrations[index]!, scorer.score(row)) ** 3
        const shares = sharesOf(scorer.attribute(row))
        cubes += cube
        for (let column = 0; column < columnCount; column += 1) sums[column]! += cube * shares[column]!
      }
      const risk = calibrated(calibration, Math.cbrt(cubes))
      return sums.map((sum) => (cubes === 0 ? 0 : (risk * sum) / cubes))
    },
    falseAlarmRate: calibration.falseAlarmRate,
    reference,
    *withReference(added) {
      if (reference === undefined || added.rowCount === 0) return this
      const kept = Math.max(0, reference.rowCount - added.rowCount)
      const moved = []
      for (const [index, detector] of detectors.entries()) moved.push(yield* movedMember({ detector, calibration: calibrations[index + 1]! }, added, kept))
      const next = { head, detectors: moved.map((member) => member.detector), calibrations: [calibrations[0]!, ...moved.map((member) => member.calibration)] }
      return supervisedEnsembleOf({ ...next, calibration: yield* recalibrated(calibration, { kept, added, scoreRow: fusedBy(next) }) })
    },
    toBytes: () =>
      toDetectorBytes('supervised-ensemble', formatVersion, {
        numbers: { detectors: detectors.length },
        arrays: {
          head: wordsOf(head.toBytes()),
          calibration: calibrationNumbers(calibration),
          ...Object.fromEntries(calibrations.map((own, index) => [`calibration${index}`, calibrationNumbers(own)])),
          ...Object.fromEntries(detectors.map((detector, index) => [`detector${index}`, wordsOf(detector.toBytes())])),
        },
      }),
  }
}

function fitParts(
  rows: DataMatrix,
  labels: ArrayLike<number>,
  isSeen: (row: number) => boolean,
  { seed, monotone, kinds = detectorKinds, neighbourRows = 10_000 }: SupervisedEnsembleOptions,
): Pick<Parts, 'head' | 'detectors'> {
  const usual = rowsWhere(rows, (row) => labels[row] !== 1 && isSeen(row))
  const seenLabels = Float64Array.from({ length: rows.rowCount }, (_, row) => (isSeen(row) ? labels[row]! : NaN))
  return {
    head: fitSupervisedHead(rows, seenLabels, monotone === undefined ? {} : { monotone }),
    detectors: kinds.map((kind) => fitMember(kind, usual, { seed, neighbourRows }).detector),
  }
}

function fusedBy({ calibrations, ...parts }: Omit<Parts, 'calibration'>): (row: Float64Array) => number {
  const { columnCount } = parts.head
  const scorers = scorersOf(parts)
  return (row) => {
    checkRow(row, columnCount)
    let cubes = 0
    for (let index = 0; index < scorers.length; index += 1) cubes += surpriseOf(calibrations[index]!, scorers[index]!.score(row)) ** 3
    return Math.cbrt(cubes)
  }
}

function scorersOf({ head, detectors }: Pick<Parts, 'head' | 'detectors'>): Scorer[] {
  const ofHead = { score: (row: Float64Array) => head.logit(row), attribute: (row: Float64Array) => head.attribute(row) }
  return [ofHead, ...detectors.map((detector) => ({ score: (row: Float64Array) => detector.scoreRow(row), attribute: (row: Float64Array) => detector.attribute(row) }))]
}

function cubicSum(surprises: readonly number[]): number {
  return Math.cbrt(surprises.reduce((sum, surprise) => sum + surprise ** 3, 0))
}

/** A fold of each row. Equal rows are in one: a row isn't unseen when its copy was seen. */
function foldsOf(rows: DataMatrix, seed: number): Uint8Array {
  const random = seededRandom(seed)
  const known = new Map<string, number>()
  return Uint8Array.from({ length: rows.rowCount }, (_, row) => {
    const key = rowOf(rows, row).join()
    const fold = known.get(key) ?? random.below(folds)
    known.set(key, fold)
    return fold
  })
}
