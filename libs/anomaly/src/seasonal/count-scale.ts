/**
 * A scale on which counts of one series have about the same spread, 1, at every level: Anscombe's transform for the negative
 * binomial (Anscombe 1948), 2/√α · asinh √(α(x + 3/8)). With α = 0 it is that for the Poisson, 2√(x + 3/8).
 *
 * @param count events in an hour, 0 or more
 * @param dispersion α of the negative binomial: its variance is μ + αμ²
 */
export function stabilised(count: number, dispersion: number): number {
  const root = Math.sqrt(count + 3 / 8)
  return dispersion < 1e-9 ? 2 * root : (2 / Math.sqrt(dispersion)) * Math.asinh(Math.sqrt(dispersion) * root)
}

/** The count, not below 0, that {@link stabilised} puts at a place on the scale. */
export function unstabilised(place: number, dispersion: number): number {
  const root = dispersion < 1e-9 ? place / 2 : Math.sinh((place * Math.sqrt(dispersion)) / 2) / Math.sqrt(dispersion)
  return Math.max(0, root * root - 3 / 8)
}

/** How far the place on the scale moves when ln μ moves by 1: how well a relative change shows at that level. */
export function relativeSlope(mean: number, dispersion: number): number {
  return mean / Math.sqrt((mean + 3 / 8) * (1 + dispersion * (mean + 3 / 8)))
}
