import { fitCalibration, scoreOfSurprise, type Calibration } from '../calibrate.ts'
import { rowOf, type DataMatrix } from '../data-matrix.ts'

export interface RecalibrationRows {
  /** Rows of the reference that are still those of the fit: what the calibration says stands for them. */
  readonly kept: number
  /** Those that came in place of others. */
  readonly added: DataMatrix
  scoreRow(row: Float64Array): number
}

/** Scored between two turns: one or two milliseconds of an ensemble. */
const rowsPerStep = 32

/**
 * A calibration by what is usual now, of the same false-alarm rate: of the earlier one as many evenly spaced quantiles as rows are kept, and the scores of the
 * rows that came. So no score of the fit has to be kept, and what thousands of rows told of the tail stays in it until all rows are others.
 */
export function* recalibrated(calibration: Calibration, { kept, added, scoreRow }: RecalibrationRows): Generator<undefined, Calibration> {
  const scores = new Float64Array(kept + added.rowCount)
  for (let place = 0; place < kept; place += 1) scores[place] = scoreOfSurprise(calibration, -Math.log1p(-(place + 0.5) / kept))
  for (let row = 0; row < added.rowCount; row += 1) {
    if (row % rowsPerStep === 0) yield
    scores[kept + row] = scoreRow(rowOf(added, row))
  }
  return fitCalibration(scores, { falseAlarmRate: calibration.falseAlarmRate })
}
