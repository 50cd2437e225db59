import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

const program = fileURLToPath(new URL('./screen.ts', import.meta.url))
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ott-screen-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Runs the command as npm does. */
async function screen(...files: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...files], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '' } })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit') as Promise<[number]>])
  return { code, out, err }
}

async function fileOf(content: string): Promise<string> {
  const file = join(folder, `${content.length}.jsonl`)
  await writeFile(file, content)
  return file
}

test('each line comes back as it was, with its hits', async () => {
  const file = await fileOf('{"n":1.0,"text":"O\'Brien"}\r\n{"text":"1 or 1=1","id":12345678901234567890}\n')
  expect(await screen(file)).toEqual({ code: 0, err: '', out: '{"n":1.0,"text":"O\'Brien","hits":[]}\n{"text":"1 or 1=1","id":12345678901234567890,"hits":["sqli"]}\n' })
})

test('a malformed line is told by its number and costs its neighbours nothing', async () => {
  const file = await fileOf('{"text":"a"}\nnonsense\n\n{"text":7}\n{"text":"b"}')
  expect(await screen(file)).toEqual({ code: 1, err: 'line 2 is not JSON\nline 4 has no "text", or one that is not a string\n', out: '{"text":"a","hits":[]}\n{"text":"b","hits":[]}\n' })
})

test('of a file of many megabytes no line is lost', async () => {
  const file = await fileOf(`${JSON.stringify({ text: 'a title '.repeat(50) })}\n`.repeat(20_000))
  const { code, out } = await screen(file)
  expect([code, out.split('\n').length]).toEqual([0, 20_001])
})

test('a reader that is slow gets all of it', async () => {
  const file = await fileOf(`${JSON.stringify({ text: 'a title '.repeat(50) })}\n`.repeat(3_000))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, file], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } })
  let lines = 0
  for await (const chunk of child.stdout) {
    lines += String(chunk).split('\n').length - 1
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  expect(lines).toBe(3_000)
})

test.each([[[]], [['a', 'b']]])('without exactly one file it tells how it is used', async (files) => {
  expect(await screen(...files)).toEqual({ code: 1, out: '', err: 'usage: npm run -s screen -- FILE.jsonl\n' })
})

test('a file that is not there is told', async () => {
  expect(await screen(join(folder, 'none'))).toMatchObject({ code: 1, out: '', err: expect.stringContaining("can't be read") })
})
