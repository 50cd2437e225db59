import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { StartError } from '@ott/dev-env/start-error'
import type { LabelledWindows } from '@ott/neural/transformer/labelled-windows'

/** More than these aren't read: a slip in a shape shouldn't take all memory. */
const sizeMax = { windows: 1_000_000, steps: 512, features: 256 }

/**
 * Reads labelled windows: `labels.json` with `shape` [windows, steps, features] and `label`, 0 or 1 a window, and beside it
 * `x_int16_milli_N_STEPS_FEATURES.bin`, the values in thousandths as little-endian int16, window by window, step by step.
 * @throws StartError naming file and field of what is wrong
 */
export function readWindows(folder: string): LabelledWindows {
  const labelsFile = join(folder, 'labels.json')
  const { shape, label } = parsed(labelsFile)
  const [windows, steps, features] = shapeOf(shape, labelsFile)
  const labels = labelsOf(label, windows, labelsFile)
  const valuesFile = join(folder, `x_int16_milli_N_${steps}_${features}.bin`)
  const bytes = contentOf(valuesFile)
  const count = windows * steps * features
  if (bytes.length !== 2 * count) {
    throw new StartError(`${valuesFile}: ${windows} × ${steps} × ${features} numbers, the shape in labels.json, are ${2 * count} bytes, not ${bytes.length}`)
  }
  return { values: Float32Array.from({ length: count }, (_, index) => bytes.readInt16LE(2 * index) / 1000), labels, steps, features }
}

function parsed(file: string): { readonly shape?: unknown; readonly label?: unknown } {
  const text = contentOf(file).toString('utf8')
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch (error) {
    throw new StartError(`${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
  throw new StartError(`${file}: there is no JSON object in it`)
}

function contentOf(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new StartError(`${file} can't be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function shapeOf(shape: unknown, file: string): readonly [windows: number, steps: number, features: number] {
  const limits = Object.entries(sizeMax)
  if (!Array.isArray(shape) || shape.length !== limits.length) throw new StartError(`${file}, shape: must be [windows, steps, features]`)
  for (const [index, [name, most]] of limits.entries()) {
    const size: unknown = shape[index]
    if (!Number.isSafeInteger(size) || (size as number) < 1 || (size as number) > most) {
      throw new StartError(`${file}, shape[${index}]: ${JSON.stringify(size)} ${name} are no whole number from 1 to ${most}`)
    }
  }
  return shape as [number, number, number]
}

function labelsOf(label: unknown, windows: number, file: string): Uint8Array {
  if (!Array.isArray(label) || label.length !== windows) {
    throw new StartError(`${file}, label: must be a list of ${windows} labels${Array.isArray(label) ? `, not ${label.length}` : ''}`)
  }
  const odd = label.findIndex((value) => value !== 0 && value !== 1)
  if (odd >= 0) throw new StartError(`${file}, label[${odd}]: must be 0 or 1, not ${JSON.stringify(label[odd])}`)
  return Uint8Array.from(label as number[])
}
