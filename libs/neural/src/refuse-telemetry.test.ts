import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from '@jest/globals'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ott-neural-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return pathToFileURL(file).href
}

const own = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href)
/** It is refused as a model, for which onnxruntime has to be loaded. */
const serve = `(await import(${own('serve-onnx.ts')})).openOnnxModel(new Uint8Array([1])).catch(({ name }) => name)`

/**
 * Runs a program in a process of its own, since onnxruntime decides once in each, and without a word on telemetry in its environment.
 * @returns what it said, and what is in its home then: onnxruntime's identifier of the device, and what it has yet to send
 */
function run(program: string): { readonly said: string; readonly written: readonly string[] } {
  const home = join(folder, 'home')
  mkdirSync(home)
  write('program.mjs', program)
  const { stdout } = spawnSync(process.execPath, [join(folder, 'program.mjs')], { env: { PATH: process.env['PATH'] ?? '', HOME: home }, encoding: 'utf8' })
  return { said: stdout.trim(), written: readdirSync(home) }
}

test('a model is served without a trace of telemetry', () => {
  expect(run(`console.log(await ${serve})`)).toEqual({ said: 'OnnxModelError', written: [] })
})

test('a training that is the first to load onnxruntime leaves no trace of telemetry', () => {
  const module = write('training.mjs', `export const train = async () => ${serve}`)
  const program = `const { trainInWorker } = await import(${own('train-in-worker.ts')}); console.log(await trainInWorker({ module: new URL('${module}') }))`
  expect(run(program)).toEqual({ said: 'OnnxModelError', written: [] })
})
