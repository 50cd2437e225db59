import type { TransformerShape } from './transformer-shape.ts'

/**
 * Attention of one window, as the network gives it: [layers, heads, steps, steps], one after another. Where a network looked is not why it decided
 * so (Jain & Wallace 2019): show it as that, and importance beside it.
 */
export type Attention = ArrayLike<number>

/**
 * How much the network looked at each event of a window, layer by layer: heads averaged, and averaged over the events that looked. Sums to 1 for each
 * layer. What a dashboard shows as a heat map of layers × steps.
 * @throws RangeError when the length isn't that of the shape
 */
export function attentionByEvent(attention: Attention, shape: TransformerShape, present: readonly boolean[]): Float64Array[] {
  return headsAveraged(attention, shape).map((looks) => averagedOverLookers(looks, shape.steps, present))
}

/**
 * The same through all layers, by attention rollout (Abnar & Zuidema 2020): each layer passes on half of what it has seen, for the residual connection,
 * and half of what it looks at; the layers' matrices are multiplied. Sums to 1; 0 for padding.
 * @param present which steps are no padding; see presentSteps
 * @throws RangeError when the length isn't that of the shape
 */
export function attentionRollout(attention: Attention, shape: TransformerShape, present: readonly boolean[]): Float64Array {
  const { steps } = shape
  let reach: Float64Array | undefined
  for (const looks of headsAveraged(attention, shape)) {
    const passed = looks.map((look, at) => 0.5 * look + (at % (steps + 1) === 0 ? 0.5 : 0))
    reach = reach === undefined ? passed : product(passed, reach, steps)
  }
  return averagedOverLookers(reach!, steps, present)
}

/**
 * Attention among the events of a window alone, as it is: of each layer and head a matrix whose rows are the events that looked, in the order of the window.
 * Rows sum to 1, as nothing looks at padding.
 * @throws RangeError when the length isn't that of the shape
 */
export function attentionByHead(attention: Attention, shape: TransformerShape, present: readonly boolean[]): number[][][][] {
  checkLength(attention, shape)
  const { layers, heads, steps } = shape
  const events = Array.from({ length: steps }, (_, step) => step).filter((step) => present[step])
  const matrixOf = (head: number) => events.map((row) => events.map((column) => attention[(head * steps + row) * steps + column]!))
  return Array.from({ length: layers }, (_, layer) => Array.from({ length: heads }, (_head, head) => matrixOf(layer * heads + head)))
}

/** Which steps of a window are events: those that aren't zeros throughout. */
export function presentSteps(window: Float32Array, { steps, features }: TransformerShape): boolean[] {
  return Array.from({ length: steps }, (_, step) => window.subarray(step * features, (step + 1) * features).some((value) => value !== 0))
}

function checkLength(attention: Attention, { layers, heads, steps }: TransformerShape): void {
  const length = layers * heads * steps * steps
  if (attention.length !== length) throw new RangeError(`attention of ${layers} layers, ${heads} heads and ${steps} steps is ${length} numbers, not ${attention.length}`)
}

/** One matrix [steps, steps] a layer. */
function headsAveraged(attention: Attention, shape: TransformerShape): Float64Array[] {
  checkLength(attention, shape)
  const { layers, heads, steps } = shape
  const size = steps * steps
  return Array.from({ length: layers }, (_, layer) => {
    const mean = new Float64Array(size)
    for (let head = 0; head < heads; head += 1) {
      for (let at = 0; at < size; at += 1) mean[at]! += attention[(layer * heads + head) * size + at]! / heads
    }
    return mean
  })
}

function product(left: Float64Array, right: Float64Array, steps: number): Float64Array {
  const result = new Float64Array(steps * steps)
  for (let row = 0; row < steps; row += 1) {
    for (let via = 0; via < steps; via += 1) {
      const share = left[row * steps + via]!
      for (let column = 0; column < steps; column += 1) result[row * steps + column]! += share * right[via * steps + column]!
    }
  }
  return result
}

/** Padding pools nothing, so where it looks counts for nothing. */
function averagedOverLookers(looks: Float64Array, steps: number, present: readonly boolean[]): Float64Array {
  if (present.length !== steps) throw new RangeError(`${steps} steps are present or not, not ${present.length}`)
  const lookers = present.filter((is) => is).length
  const mean = new Float64Array(steps)
  for (let row = 0; row < steps; row += 1) {
    if (!present[row]) continue
    for (let column = 0; column < steps; column += 1) mean[column]! += looks[row * steps + column]! / lookers
  }
  return mean
}
