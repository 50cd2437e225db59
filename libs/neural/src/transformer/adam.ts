/** Weights by name, changed in place by each step. */
export type Parameters = ReadonlyMap<string, Float32Array>

export interface AdamOptions {
  /** By how much of its size a matrix shrinks per unit of the step size. */
  readonly weightDecay: number
  /** Whether a weight shrinks. */
  readonly decays: (name: string) => boolean
  /** Gradients longer than this, all of them taken together, are cut to it (Pascanu et al. 2013). */
  readonly gradientNormMax: number
}

/**
 * Adam with decoupled weight decay (Kingma & Ba 2015; Loshchilov & Hutter 2019), β 0.9 and 0.999. On plain arrays: for some ten thousand weights
 * that costs less than calling a kernel for each part of each formula, and sums have one order.
 * @returns a step; it takes the gradient of every parameter
 */
export function adam(parameters: Parameters, { weightDecay, decays, gradientNormMax }: AdamOptions): (gradients: Parameters, stepSize: number) => void {
  const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8]
  const moments = [...parameters].map(([name, values]) => ({
    name,
    values,
    first: new Float32Array(values.length),
    second: new Float32Array(values.length),
    decay: decays(name) ? weightDecay : 0,
  }))
  let steps = 0
  return (gradients, stepSize) => {
    steps += 1
    const cut = Math.min(1, gradientNormMax / lengthOf(gradients))
    const unbias1 = 1 / (1 - beta1 ** steps)
    const unbias2 = 1 / (1 - beta2 ** steps)
    for (const { name, values, first, second, decay } of moments) {
      const gradient = gradients.get(name)
      if (gradient?.length !== values.length) throw new RangeError(`${name}: the gradient has ${gradient?.length ?? 'no'} numbers, not ${values.length}`)
      for (let index = 0; index < values.length; index += 1) {
        const slope = gradient[index]! * cut
        const mean = (first[index] = beta1 * first[index]! + (1 - beta1) * slope)
        const square = (second[index] = beta2 * second[index]! + (1 - beta2) * slope * slope)
        values[index]! -= stepSize * ((mean * unbias1) / (Math.sqrt(square * unbias2) + epsilon) + decay * values[index]!)
      }
    }
  }
}

function lengthOf(gradients: Parameters): number {
  let sum = 0
  for (const gradient of gradients.values()) for (const slope of gradient) sum += slope * slope
  return Math.sqrt(sum)
}
