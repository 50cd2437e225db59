/** Sizes of a Transformer encoder over windows of `steps` events with `features` numbers each. */
export interface TransformerShape {
  readonly steps: number
  readonly features: number
  /** Numbers by which the encoder describes one event (d). */
  readonly width: number
  /** Attention heads of each layer; they share the width evenly. */
  readonly heads: number
  readonly layers: number
  /** Hidden units of each layer's feed-forward part. */
  readonly feedForward: number
}

/** A viewer's last 24 events of 8 features, two layers of width 32: 17,953 weights. */
export const viewerTransformer: TransformerShape = { steps: 24, features: 8, width: 32, heads: 4, layers: 2, feedForward: 64 }

/** @throws RangeError when a size is no positive whole number, or the heads don't divide the width */
export function checkTransformerShape(shape: TransformerShape): void {
  for (const [name, size] of Object.entries(shape)) {
    if (!Number.isSafeInteger(size) || size < 1) throw new RangeError(`${name}: ${size} is no positive whole number`)
  }
  if (shape.width % shape.heads !== 0) throw new RangeError(`${shape.heads} heads can't share a width of ${shape.width} evenly`)
}
