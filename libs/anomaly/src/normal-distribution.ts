/**
 * ln P(X > x) of the standard normal distribution, accurate to about 1e-14 also where the probability itself is too small for a number: a series near 0,
 * Laplace's continued fraction beyond (Abramowitz & Stegun 1964, 26.2.11 and 26.2.14).
 */
export function logNormalTail(x: number): number {
  if (x < 3) return Math.log(x < 0 ? 1 - tailBySeries(-x) : tailBySeries(x))
  let fraction = 0
  for (let step = 120; step > 0; step -= 1) fraction = step / (x + fraction)
  return -0.5 * x * x - 0.5 * Math.log(2 * Math.PI) - Math.log(x + fraction)
}

/** P(X > x) of the standard normal distribution. */
export function normalTail(x: number): number {
  return x < 0 ? 1 - Math.exp(logNormalTail(-x)) : Math.exp(logNormalTail(x))
}

/** For x from 0 up: a half less the density times Σ x^(2n+1) / (1 · 3 · … · (2n+1)). */
function tailBySeries(x: number): number {
  if (x > 8) return 0
  let term = x
  let sum = x
  for (let odd = 3; term > sum * 1e-17 && odd < 400; odd += 2) {
    term *= (x * x) / odd
    sum += term
  }
  return 0.5 - (Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI)) * sum
}
