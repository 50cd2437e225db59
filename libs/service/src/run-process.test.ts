import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect, test } from '@jest/globals'

const runProcess = JSON.stringify(new URL('run-process.ts', import.meta.url).href)

/** Runs a process that says when it has started, then does to it what `act` does, and tells how it ended. */
async function ending(parts: { stop?: string; failed?: string }, act: (kill: (signal: NodeJS.Signals) => void) => void) {
  const { stop = `process.stdout.write(' stopped in order')`, failed = 'new Promise(() => {})' } = parts
  const program = `import { runProcess } from ${runProcess}
    await runProcess('shelf', async () => ({ failed: ${failed}, stop: async () => { ${stop} } }))
    process.stdout.write('started')
    setInterval(() => {}, 60_000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { env: { PATH: process.env['PATH'] ?? '' }, stdio: 'pipe' })
  const exited = once(child, 'exit')
  const printed = text(child.stdout)
  const complained = text(child.stderr)
  await once(child.stdout, 'readable')
  act((signal) => child.kill(signal))
  const [code] = (await exited) as [number | null]
  return { code, stdout: await printed, stderr: await complained }
}

test.each(['SIGTERM', 'SIGINT'] as const)('%s stops it in order, with exit code 0', async (signal) => {
  expect(await ending({}, (kill) => kill(signal))).toEqual({ code: 0, stdout: 'started stopped in order', stderr: '' })
})

test('a failure stops it in order, with exit code 1', async () => {
  const failed = `new Promise((resolve) => setTimeout(resolve, 50))`
  expect(await ending({ failed }, () => undefined)).toEqual({ code: 1, stdout: 'started stopped in order', stderr: '' })
})

test('a second signal ends it at once, and a stop that fails is told', async () => {
  const patient = `setTimeout(() => process.kill(process.pid, 'SIGTERM'), 50); await new Promise(() => {})`
  expect(await ending({ stop: patient }, (kill) => kill('SIGTERM'))).toEqual({ code: 1, stdout: 'started', stderr: '' })
  const failing = await ending({ stop: `throw new Error('jammed')` }, (kill) => kill('SIGTERM'))
  expect(failing).toEqual({ code: 1, stdout: 'started', stderr: 'shelf: stopping failed: Error: jammed\n' })
})
