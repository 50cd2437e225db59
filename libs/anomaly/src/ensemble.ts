import { calibrated, calibrationFrom, calibrationNumbers, fitCalibration, riskOf, surpriseOf, type Calibration } from './calibrate.ts'
import { checkReference, checkRow, checkRows, checkWhole } from './check-rows.ts'
import { rowOf, type DataMatrix } from './data-matrix.ts'
import { arrayOf, DetectorBytesError, fromDetectorBytes, numberOf, toDetectorBytes } from './detector-bytes.ts'
import { detectorKinds, type DetectorKind } from './detector.ts'
import { fitMember, isReferenced, memberFrom, movedMember, sharesOf, type CalibratedMember } from './ensemble-member.ts'
import { defaultWeights, fuseSurprises, weightsByAgreement, weightsByLabels } from './fuse-scores.ts'
import { nestedBytes, readPart, wordsOf } from './nested-bytes.ts'
import { recalibrated } from './reference/recalibrate.ts'

const formatVersion = 1

export interface EnsembleOptions {
  /** The same rows, options and seed give the same ensemble, bit for bit. */
  readonly seed: number
  readonly kinds?: readonly DetectorKind[]
  /** Of each row: 1 for an anomaly, 0 for an ordinary row, anything else for not known. Anomalies are kept out of what is usual. */
  readonly labels?: ArrayLike<number>
  /** Share of rows like the reference that shall score 0.7 or more. */
  readonly falseAlarmRate?: number
  /** Rows that LOF searches at most. */
  readonly neighbourRows?: number
}

/** Detectors whose calibrated scores are fused into one risk. Never changes once fitted. */
export interface FittedEnsemble {
  readonly kind: 'ensemble'
  readonly columnCount: number
  readonly members: readonly { readonly kind: DetectorKind; readonly weight: number }[]
  /** The risk, 0 to 1; 0.7 is reached by the stated share of rows like the reference. Allocates nothing. */
  scoreRow(row: Float64Array): number
  score(rows: DataMatrix): Float64Array
  /** How much of the risk is due to each column: none negative, their sum is the risk. */
  attribute(row: Float64Array): Float64Array
  /** What each member alone makes of the row, as a risk; in the order of `members`. */
  memberRisks(row: Float64Array): Float64Array
  /** How much the members agree on the row: 1 when they say the same, 0 when half say 0 and half say 1. */
  agreement(row: Float64Array): number
  /** Share of ordinary rows that score 0.7 or more. */
  readonly falseAlarmRate: number
  /** What it compares rows with; undefined when no member has a reference. */
  readonly reference: DataMatrix | undefined
  /**
   * The ensemble with a reference in which these rows took the place of as many that are known longest, calibrated by what is in it now.
   * Works in steps of some milliseconds, one for each turn of the iterator; this ensemble stays as it is.
   * @param added in the order in which they came, of those that came since the fit at most as many as the reference has
   */
  withReference(added: DataMatrix): Generator<undefined, FittedEnsemble>
  toBytes(): Uint8Array
}

/**
 * Fits detectors to rows that are mostly ordinary, calibrates each (calibrate.ts), weighs them by their agreement and by labels when there
 * are enough (fuse-scores.ts), and calibrates their fused surprise again.
 * @throws RangeError for rows no detector can be fitted to, labels of another number, or options out of bounds
 */
export function fitEnsemble(rows: DataMatrix, options: EnsembleOptions): FittedEnsemble {
  const { seed, kinds = detectorKinds, labels, falseAlarmRate, neighbourRows = 4_096 } = options
  checkReference(rows)
  checkWhole('neighbourRows', neighbourRows, 2, 1_000_000)
  if (kinds.length === 0) throw new RangeError('an ensemble needs a detector')
  if (labels !== undefined && labels.length !== rows.rowCount) throw new RangeError(`${labels.length} labels for ${rows.rowCount} rows`)
  const reference = labels === undefined ? rows : rowsWhere(rows, (row) => labels[row] !== 1)
  checkReference(reference)
  const calibrateBy = falseAlarmRate === undefined ? {} : { falseAlarmRate }
  const fitted = kinds.map((kind) => fitMember(kind, reference, { seed, neighbourRows }))
  const members = fitted.map(({ detector, scores }) => ({ detector, calibration: fitCalibration(scores, calibrateBy) }))
  const surprises = fitted.map(({ scores }, index) => scores.map((score) => surpriseOf(members[index]!.calibration, score)))
  const agreed = weightsByAgreement(surprises, kinds.map((kind) => defaultWeights[kind]))
  const weights = labels === undefined ? agreed : weightsByLabels(surprisesOf(members, rows), labels, agreed)
  const fused = Float64Array.from({ length: reference.rowCount }, (_, row) => fuseSurprises(weights, surprises.map((of) => of[row]!)))
  return ensembleOf(members, weights, fitCalibration(fused, calibrateBy))
}

/** The ensemble that `toBytes` wrote; its scores are equal bit for bit. @throws DetectorBytesError for anything else */
export function ensembleFrom(bytes: Uint8Array): FittedEnsemble {
  const content = fromDetectorBytes(bytes, 'ensemble', formatVersion)
  const count = numberOf(content, 'members', { least: 1, most: 100 })
  const weights = arrayOf(content, 'weights', 'Float64Array', count)
  if (!weights.every((weight) => weight >= 0)) throw new DetectorBytesError('weights: not all are at least 0')
  const calibrationOf = (name: string) => readPart(name, () => calibrationFrom(arrayOf(content, name, 'Float64Array')))
  const members = Array.from(weights, (_, index) => ({
    detector: memberFrom(nestedBytes(content, `detector${index}`)),
    calibration: calibrationOf(`calibration${index}`),
  }))
  if (members.some(({ detector }) => detector.columnCount !== members[0]!.detector.columnCount)) throw new DetectorBytesError('the detectors differ in columns')
  return ensembleOf(members, [...weights], calibrationOf('calibration'))
}

function ensembleOf(members: readonly CalibratedMember[], weights: readonly number[], calibration: Calibration): FittedEnsemble {
  const { columnCount } = members[0]!.detector
  const { falseAlarmRate } = calibration
  const fusedOf = fusedBy(members, weights)
  const reference = members.map(({ detector }) => detector).find(isReferenced)?.reference
  const memberRisks = (row: Float64Array) =>
    Float64Array.from(members, (member) => riskOf(surpriseOf(member.calibration, member.detector.scoreRow(row)), falseAlarmRate))

  return {
    kind: 'ensemble',
    columnCount,
    members: members.map(({ detector }, index) => ({ kind: detector.kind, weight: weights[index]! })),
    scoreRow: (row) => calibrated(calibration, fusedOf(row)),
    score(rows) {
      checkRows(rows, columnCount)
      const surprises = surprisesOf(members, rows)
      return Float64Array.from({ length: rows.rowCount }, (_, row) => {
        let fused = 0
        for (let index = 0; index < members.length; index += 1) if (weights[index]! > 0) fused += weights[index]! * surprises[index]![row]!
        return calibrated(calibration, fused)
      })
    },
    attribute(row) {
      checkRow(row, columnCount)
      const parts = new Float64Array(columnCount)
      let fused = 0
      for (const [index, { detector, calibration: own }] of members.entries()) {
        const surprise = weights[index]! * surpriseOf(own, detector.scoreRow(row))
        fused += surprise
        if (surprise === 0) continue
        const shares = sharesOf(detector.attribute(row))
        for (let column = 0; column < columnCount; column += 1) parts[column]! += surprise * shares[column]!
      }
      const risk = calibrated(calibration, fused)
      return parts.map((part) => (fused === 0 ? 0 : (risk * part) / fused))
    },
    memberRisks,
    agreement(row) {
      const risks = memberRisks(row)
      const mean = risks.reduce((sum, risk) => sum + risk, 0) / risks.length
      return 1 - (2 * risks.reduce((sum, risk) => sum + Math.abs(risk - mean), 0)) / risks.length
    },
    falseAlarmRate: calibration.falseAlarmRate,
    reference,
    *withReference(added) {
      if (reference === undefined || added.rowCount === 0) return this
      const kept = Math.max(0, reference.rowCount - added.rowCount)
      const moved: CalibratedMember[] = []
      for (const member of members) moved.push(yield* movedMember(member, added, kept))
      return ensembleOf(moved, weights, yield* recalibrated(calibration, { kept, added, scoreRow: fusedBy(moved, weights) }))
    },
    toBytes: () =>
      toDetectorBytes('ensemble', formatVersion, {
        numbers: { members: members.length },
        arrays: {
          weights: Float64Array.from(weights),
          calibration: calibrationNumbers(calibration),
          ...Object.fromEntries(members.map((member, index) => [`calibration${index}`, calibrationNumbers(member.calibration)])),
          ...Object.fromEntries(members.map((member, index) => [`detector${index}`, wordsOf(member.detector.toBytes())])),
        },
      }),
  }
}

/** Σ weight · surprise of a row. Allocates nothing. */
function fusedBy(members: readonly CalibratedMember[], weights: readonly number[]): (row: Float64Array) => number {
  const { columnCount } = members[0]!.detector
  return (row) => {
    checkRow(row, columnCount)
    let fused = 0
    for (let index = 0; index < members.length; index += 1) {
      const weight = weights[index]!
      // The sparest weights cost what the heaviest do: nothing is asked for what counts nothing.
      if (weight > 0) fused += weight * surpriseOf(members[index]!.calibration, members[index]!.detector.scoreRow(row))
    }
    return fused
  }
}

function surprisesOf(members: readonly CalibratedMember[], rows: DataMatrix): Float64Array[] {
  return members.map(({ detector, calibration }) => detector.score(rows).map((score) => surpriseOf(calibration, score)))
}

/** A copy of the rows for which it holds, in their order. */
export function rowsWhere(rows: DataMatrix, holds: (row: number) => boolean): DataMatrix {
  const kept = Array.from({ length: rows.rowCount }, (_, row) => row).filter(holds)
  const values = new Float64Array(kept.length * rows.columnCount)
  for (const [place, row] of kept.entries()) values.set(rowOf(rows, row), place * rows.columnCount)
  return { values, rowCount: kept.length, columnCount: rows.columnCount }
}
