import { rocAuc } from '@ott/anomaly/rank-metrics'
import { seededRandom } from '@ott/anomaly/seeded-random'
import { checkWindows, WindowsError, type LabelledWindows } from './labelled-windows.ts'

/** How much a network relies on one feature. */
export interface FeatureImportance {
  /** By how much the AUC falls, on average, when the feature tells of another viewer; about 0 for one that isn't used. */
  readonly mean: number
  /** Standard deviation over the shuffles. */
  readonly deviation: number
}

/** All windows one after another in, a risk for each out. */
export type ScoreOfWindows = (values: Float32Array) => ArrayLike<number> | Promise<ArrayLike<number>>

/**
 * Importance of each feature by permutation (Breiman 2001; model reliance of Fisher, Rudin & Dominici 2019): what is lost when the feature's course over
 * all steps is exchanged between windows, so that it keeps its distribution and its shape in time, but not its tie to the label. It says what
 * **this network** uses: of two features that tell the same it may use either. Attention weights don't say that (Jain & Wallace 2019).
 * @param windows that the network wasn't trained on
 * @param shuffles of each feature, 2 at least
 * @throws WindowsError when the windows are malformed or of one label only
 */
export async function permutationImportance(
  score: ScoreOfWindows,
  windows: LabelledWindows,
  { shuffles, seed }: { readonly shuffles: number; readonly seed: number },
): Promise<FeatureImportance[]> {
  checkWindows(windows)
  if (!Number.isSafeInteger(shuffles) || shuffles < 2) throw new RangeError(`${shuffles} shuffles tell no deviation`)
  const { values, labels, features } = windows
  if (!labels.includes(0) || !labels.includes(1)) throw new WindowsError('importance takes windows of both labels')
  const random = seededRandom(seed)
  const whole = rocAuc({ scores: await score(values), labels })
  const order = Uint32Array.from(labels, (_, row) => row)
  const importance: FeatureImportance[] = []
  for (let feature = 0; feature < features; feature += 1) {
    const losses: number[] = []
    for (let shuffle = 0; shuffle < shuffles; shuffle += 1) {
      random.shuffle(order)
      losses.push(whole - rocAuc({ scores: await score(exchanged(windows, feature, order)), labels }))
    }
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / shuffles
    const variance = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / (shuffles - 1)
    importance.push({ mean, deviation: Math.sqrt(variance) })
  }
  return importance
}

/** The windows with one feature of each taken from the window that `order` names. Padding stays padding. */
function exchanged({ values, labels, steps, features }: LabelledWindows, feature: number, order: Uint32Array): Float32Array {
  const result = values.slice()
  for (let row = 0; row < labels.length; row += 1) {
    for (let step = 0; step < steps; step += 1) {
      const at = (row * steps + step) * features
      if (values.subarray(at, at + features).every((value) => value === 0)) continue
      result[at + feature] = values[(order[row]! * steps + step) * features + feature]!
    }
  }
  return result
}
