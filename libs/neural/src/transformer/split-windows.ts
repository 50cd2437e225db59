import { seededRandom } from '@ott/anomaly/seeded-random'
import { windowsAt, WindowsError, type LabelledWindows } from './labelled-windows.ts'

/** Three parts without a window in common: what is learned from, what decides when to stop, what is only judged by. */
export interface SplitWindows {
  readonly training: LabelledWindows
  readonly validation: LabelledWindows
  readonly test: LabelledWindows
}

/** Of the windows, those that go to training and to validation; what is left is for the test. */
export interface SplitShares {
  readonly training: number
  readonly validation: number
}

/**
 * Splits at random, viewers with and without a risky window apart, so that all parts have about the same share of risky ones. The same seed gives the
 * same parts.
 * @param viewerOf names the viewer of each window by a number: windows of one viewer overlap, and must not be in two parts. Left out, each is another's.
 * @throws WindowsError when a part would lack one of the two labels
 */
export function splitWindows(windows: LabelledWindows, seed: number, shares: SplitShares, viewerOf: (row: number) => number = (row) => row): SplitWindows {
  const random = seededRandom(seed)
  const rowsByViewer = new Map<number, number[]>()
  for (let row = 0; row < windows.labels.length; row += 1) {
    const viewer = viewerOf(row)
    const rows = rowsByViewer.get(viewer)
    if (rows === undefined) rowsByViewer.set(viewer, [row])
    else rows.push(row)
  }
  const parts: Readonly<Record<keyof SplitWindows, number[]>> = { training: [], validation: [], test: [] }
  for (const kind of [true, false]) {
    const viewers = [...rowsByViewer.values()].filter((rows) => rows.some((row) => windows.labels[row] === 1) === kind)
    const order = viewers.map((_, index) => index)
    random.shuffle(order)
    const trainingEnd = Math.round(order.length * shares.training)
    const validationEnd = Math.round(order.length * (shares.training + shares.validation))
    for (const [place, viewer] of order.entries()) {
      parts[place < trainingEnd ? 'training' : place < validationEnd ? 'validation' : 'test'].push(...viewers[viewer]!)
    }
  }
  return { training: part('training'), validation: part('validation'), test: part('test') }

  function part(name: keyof SplitWindows): LabelledWindows {
    const rows = parts[name]
    random.shuffle(rows)
    const chosen = windowsAt(windows, rows)
    for (const label of [0, 1]) if (!chosen.labels.includes(label)) throw new WindowsError(`no window labelled ${label} is left for the ${name} part`)
    return chosen
  }
}
