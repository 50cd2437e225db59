/** Beyond it squares overflow. */
const valueMax = 1e100

/** @throws RangeError naming what isn't a time, or isn't a finite number of at most 1e100 either way */
export function checkedValue(atMs: number, value: number): void {
  if (!Number.isSafeInteger(atMs)) throw new RangeError(`atMs: ${atMs} is no whole number of milliseconds`)
  if (!(Math.abs(value) <= valueMax)) throw new RangeError(`value: ${value} is no finite number from -1e100 to 1e100`)
}
