import { openTensorflow } from './open-tensorflow.ts'
import type { NetworkWeights } from './network-weights.ts'
import { sampleNetwork } from './sample-network-fixture.ts'
import type { ReportProgress } from './training-module.ts'

export interface SampleOptions {
  readonly seed: number
  /** What goes wrong, if anything. */
  readonly fault?: 'throws' | 'throws-text' | 'exits' | 'fills-heap' | 'fills-arrays' | 'never-ends' | 'not-cloneable'

}

export interface SampleResult {
  readonly weights: NetworkWeights
  readonly losses: readonly number[]
}

/** Three epochs on windows whose label is the sign of the first feature's sum; or a fault. */
export async function train({ seed, fault }: SampleOptions, report: ReportProgress): Promise<SampleResult> {
  if (fault !== undefined) return fail(fault, report)
  const { tf } = await openTensorflow('wasm')
  const network = sampleNetwork.build(tf, seed)
  const windows = tf.randomNormal([64, ...sampleNetwork.input.shape], 0, 1, 'float32', 7)
  const labels = tf.tidy(() => windows.slice([0, 0, 0], [-1, -1, 1]).sum([1, 2]).greater(0).cast('float32').reshape([-1, 1]))
  const optimizer = tf.train.adam(0.05)
  const losses: number[] = []
  for (let epoch = 1; epoch <= 3; epoch += 1) {
    const cost = optimizer.minimize(() => tf.losses.sigmoidCrossEntropy(labels, network.forward(windows)['risk']!), true)!
    losses.push(cost.dataSync()[0]!)
    report({ epoch, epochs: 3, step: 1, steps: 1, loss: losses.at(-1)! })
  }
  return { weights: network.weights(), losses }
}

function fail(fault: NonNullable<SampleOptions['fault']>, report: ReportProgress): SampleResult {
  const kept: unknown[] = []
  const progress = { epoch: 1, epochs: 1, step: 0, steps: 1, loss: 0 }
  switch (fault) {
    case 'throws':
      throw new Error('the loss is not a number in epoch 2')
    case 'throws-text':
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what another package might do
      throw 'only a text'
    case 'exits':
      process.exit(3)
    // falls through: never
    case 'fills-heap':
      for (;;) kept.push({ filler: kept.length.toString().repeat(50).split('') })
    // falls through: never
    case 'fills-arrays':
      for (;;) {
        kept.push(new Float32Array(4_000_000).fill(1))
        report(progress)
      }
    // falls through: never
    case 'never-ends':
      report(progress)
      for (;;) kept.length = 0
    // falls through: never
    case 'not-cloneable':
      return { weights: new Map(), losses: [], toJSON: () => '' } as SampleResult
  }
}
