import type { DataMatrix } from './data-matrix.ts'

export const detectorKinds = ['iforest', 'lof', 'statistical'] as const
export type DetectorKind = (typeof detectorKinds)[number]

/** A model that says how unlike its reference data a row is. Never changes once fitted; the same row gives the same score, always. */
export interface Detector {
  readonly kind: DetectorKind
  readonly columnCount: number
  /** Higher is more anomalous; the scale is the detector's own. Allocates nothing. */
  scoreRow(row: Float64Array): number
  /** The same for many rows, in their order. */
  score(rows: DataMatrix): Float64Array
  /** How much each column adds to the score above that of an ordinary row; see each detector for what the parts sum to. */
  attribute(row: Float64Array): Float64Array
  /** All of it as bytes; the same model gives the same bytes. */
  toBytes(): Uint8Array
}
