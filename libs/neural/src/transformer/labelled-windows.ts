/** Windows of events with what is true of each. Rows of one kind; all windows one after another, of each all steps, of each all features. */
export interface LabelledWindows {
  readonly values: Float32Array
  /** 1 for a risky window, 0 otherwise; one a window. */
  readonly labels: Uint8Array
  readonly steps: number
  readonly features: number
}

/** Windows that can't be learned from, or judged by. */
export class WindowsError extends Error {
  override readonly name = 'WindowsError'
}

/** @throws WindowsError when lengths don't fit, a value isn't finite, or a label is neither 0 nor 1; says where */
export function checkWindows({ values, labels, steps, features }: LabelledWindows): void {
  const windowLength = steps * features
  if (values.length !== labels.length * windowLength) {
    throw new WindowsError(`${labels.length} windows of ${steps} × ${features} are ${labels.length * windowLength} numbers, not ${values.length}`)
  }
  const odd = values.findIndex((value) => !Number.isFinite(value))
  if (odd >= 0) {
    const [window, step, feature] = [Math.floor(odd / windowLength), Math.floor((odd % windowLength) / features), odd % features]
    throw new WindowsError(`window ${window}, step ${step}, feature ${feature}: ${values[odd]} is no finite number`)
  }
  const label = labels.findIndex((value) => value > 1)
  if (label >= 0) throw new WindowsError(`window ${label}: a label is 0 or 1, not ${labels[label]}`)
}

/** The windows of these rows, in this order, copied. */
export function windowsAt({ values, labels, steps, features }: LabelledWindows, rows: ArrayLike<number>): LabelledWindows {
  const length = steps * features
  const chosen = { values: new Float32Array(rows.length * length), labels: new Uint8Array(rows.length), steps, features }
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index]!
    chosen.values.set(values.subarray(row * length, (row + 1) * length), index * length)
    chosen.labels[index] = labels[row]!
  }
  return chosen
}
