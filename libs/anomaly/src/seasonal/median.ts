import { medianOfSorted } from '../sorted-numbers.ts'

/** Makes the MAD of a normal distribution its standard deviation: 1 / Φ⁻¹(3/4) (Rousseeuw & Croux 1993). */
const madToDeviation = 1.4826

/** Middle value, the mean of the two middle ones when there are two; NaN for none. */
export function medianOf(values: ArrayLike<number>): number {
  return medianOfSorted(Float64Array.from(values).sort())
}

/** 1.4826 · median |value|: the standard deviation of normal values about 0, however wild the wildest are. */
export function deviationAboutZero(values: ArrayLike<number>): number {
  return madToDeviation * medianOf(Float64Array.from(values, Math.abs))
}
