import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { readWindows } from './read-windows.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windows-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Two windows of 2 × 1, or something that is wrong with them. */
function write(labels: unknown, values: readonly number[] = [1, -1500, 32767, 0], name = 'x_int16_milli_N_2_1.bin'): void {
  writeFileSync(join(folder, 'labels.json'), typeof labels === 'string' ? labels : JSON.stringify(labels))
  const bytes = Buffer.alloc(2 * values.length)
  for (const [index, value] of values.entries()) bytes.writeInt16LE(value, 2 * index)
  writeFileSync(join(folder, name), bytes)
}

test('values are thousandths, little-endian, window by window', () => {
  write({ shape: [2, 2, 1], label: [0, 1], more: 'is not read' })
  expect(readWindows(folder)).toEqual({ values: Float32Array.of(0.001, -1.5, 32.767, 0), labels: Uint8Array.of(0, 1), steps: 2, features: 1 })
})

test.each([
  ['no JSON', '{', /labels\.json: .*JSON/],
  ['no object', 'null', /labels\.json: there is no JSON object/],
  ['a shape of two sizes', { shape: [2, 2], label: [0, 1] }, /labels\.json, shape: must be \[windows, steps, features\]/],
  ['a size that is no whole number', { shape: [2, 1.5, 1], label: [0, 1] }, /labels\.json, shape\[1\]: 1\.5 steps/],
  ['a shape too large for memory', { shape: [2, 2, 1e9], label: [0, 1] }, /labels\.json, shape\[2\]: 1000000000 features/],
  ['too few labels', { shape: [2, 2, 1], label: [0] }, /labels\.json, label: must be a list of 2 labels, not 1/],
  ['no labels', { shape: [2, 2, 1] }, /labels\.json, label: must be a list of 2 labels/],
  ['a label that is neither 0 nor 1', { shape: [2, 2, 1], label: [0, '1'] }, /labels\.json, label\[1\]: must be 0 or 1, not "1"/],
  ['values of another length', { shape: [3, 2, 1], label: [0, 1, 0] }, /x_int16_milli_N_2_1\.bin: 3 × 2 × 1 numbers, the shape in labels\.json, are 12 bytes, not 8/],
  ['values of another shape', { shape: [2, 1, 2], label: [0, 1] }, /x_int16_milli_N_1_2\.bin can't be read/],
])('%s: the file and the field are named', (_, labels, message) => {
  write(labels)
  expect(() => readWindows(folder)).toThrow(message)
})

test('a folder that is not there is named', () => {
  expect(() => readWindows(join(folder, 'nowhere'))).toThrow(/nowhere.*labels\.json can't be read/)
})
