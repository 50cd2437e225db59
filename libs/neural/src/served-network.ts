/** Outputs by name, each of them all rows one after another. */
export type NetworkOutputs = Readonly<Record<string, Float32Array>>

/** A network that answers. Nothing in it changes from one answer to the next. */
export interface ServedNetwork {
  /** Of one row: what follows the batch in the shape of the input. */
  readonly rowShape: readonly number[]
  /**
   * @param batch all rows one after another; not kept
   * @param rows how many, at least one
   * @throws RangeError when the batch is empty, too large, or has another length than its rows take
   */
  predict(batch: Float32Array, rows: number): Promise<NetworkOutputs>
  /** Frees what the network holds outside JavaScript's heap. */
  close(): Promise<void>
}

/** The most rows in one call, where nothing else is said: bounds how long it computes, and what it takes of memory. */
export const rowsMaxDefault = 4096

/** @throws RangeError when the batch is empty, too large, or has another length than its rows take */
export function checkBatch(batch: Float32Array, rows: number, rowShape: readonly number[], rowsMax: number = rowsMaxDefault): void {
  if (!Number.isInteger(rows) || rows < 1 || rows > rowsMax) throw new RangeError(`a batch has 1 to ${rowsMax} rows, not ${rows}`)
  const length = rowShape.reduce((product, size) => product * size, rows)
  if (batch.length !== length) throw new RangeError(`${rows} rows of [${rowShape.join(', ')}] are ${length} numbers, not ${batch.length}`)
}
