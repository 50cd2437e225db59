import { spawnSync } from 'node:child_process'
import { expect, test } from '@jest/globals'

/** Loads what prepare is, and tells which of the packages it asked for compute networks. */
const program = `
import { registerHooks } from 'node:module'
const asked = []
registerHooks({
  resolve(specifier, context, next) {
    if (/^(@tensorflow\\/|onnxruntime-)/.test(specifier)) asked.push(specifier)
    return next(specifier, context)
  },
})
const { schemas } = await import(${JSON.stringify(new URL('./prepare-installation.ts', import.meta.url).href)})
console.log(JSON.stringify({ services: schemas.map(({ service }) => service), asked }))
`

test('tables are made without the packages that networks are computed with, which its image leaves out', () => {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', program]
  const { stdout } = spawnSync(process.execPath, args, { env: { PATH: process.env['PATH'] ?? '' }, encoding: 'utf8' })
  expect(JSON.parse(stdout)).toEqual({ services: expect.arrayContaining(['ml-scoring']), asked: [] })
})
