import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { tailOf } from '@ott/dev-env/log-file'
import { identityOf } from '@ott/dev-env/process-identity'
import { startProcess } from '@ott/dev-env/started-process'
import type { StartedProcess } from '@ott/dev-env/started-process'
import { backOffMs, supervise } from './supervise.ts'

const quick = { delayMsMin: 5, delayMsMax: 20, stableAfterMs: 30_000 }
const sleeper = 'setInterval(() => {}, 1000)'

let dir: string
let started: StartedProcess[]
let lines: string[]
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ott-supervise-'))
  started = []
  lines = []
})
afterEach(async () => {
  for (const run of started) if (!run.hasExited()) await run.kill9()
  rmSync(dir, { recursive: true, force: true })
})

const logFile = (): string => join(dir, 'program.log')

async function start(script: string, stopGraceMs = 10_000): Promise<StartedProcess> {
  const pidFile = join(dir, 'program.json')
  const run = await startProcess({ command: process.execPath, args: ['-e', script], logFile: logFile(), pidFile, stopGraceMs })
  started.push(run)
  return run
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('it never happened')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const log = (line: string): void => void lines.push(line)

describe('a supervised process', () => {
  test('that is killed with -9 runs again under another pid, and its supervisor says so', async () => {
    const program = supervise({ name: 'program', start: () => start(sleeper), backOff: quick, log })
    await program.ready
    const before = program.pid()
    await program.kill9()
    await until(() => program.pid() !== undefined && program.pid() !== before)
    expect(identityOf(program.pid() as number)).toBeDefined()
    expect(lines).toEqual(['program ended unasked; it is started again in 5 ms'])
    await program.stop()
  })

  test('that is stopped stays stopped and leaves nothing running', async () => {
    const program = supervise({ name: 'program', start: () => start(sleeper), backOff: quick, log })
    await program.ready
    await program.stop()
    expect(started.map((run) => run.hasExited())).toEqual([true])
    expect(program.pid()).toBeUndefined()
    expect(lines).toEqual([])
  })

  test('that ignores SIGTERM is killed when its grace period is over', async () => {
    const deaf = `process.on('SIGTERM', () => {}); console.log('listening'); ${sleeper}`
    const program = supervise({ name: 'program', start: () => start(deaf, 50), isReady: async () => tailOf(logFile()) === 'listening' })
    await program.ready
    await program.stop()
    expect(started.map((run) => run.hasExited())).toEqual([true])
  })

  test('that is stopped while it waits for its next start isn’t started any more', async () => {
    const slow = { ...quick, delayMsMin: 600_000, delayMsMax: 600_000 }
    const program = supervise({ name: 'program', start: () => start(sleeper), backOff: slow, log })
    await program.ready
    await program.kill9()
    await until(() => lines.length === 1)
    await program.stop()
    expect(started).toHaveLength(1)
  })

  test('that crashes five times before it was ever ready is given up with the end of its log', async () => {
    const failing = `console.error('KAFKA_BROKERS: must be set'); process.exit(1)`
    const tail = (): string => tailOf(logFile())
    const program = supervise({ name: 'program', start: () => start(failing), isReady: async () => false, tail, backOff: quick, log })
    await expect(program.ready).rejects.toThrow(
      /^program ended 5 times without ever being ready; the end of its log:\n.*KAFKA_BROKERS: must be set/,
    )
    expect(started).toHaveLength(5)
    await program.stop()
  })

  test('that was ready once is started again however often it crashes', async () => {
    const program = supervise({ name: 'program', start: () => start(sleeper), backOff: quick, log })
    await program.ready
    for (let round = 1; round <= 7; round += 1) {
      await until(() => program.pid() !== undefined)
      await program.kill9()
      await until(() => lines.length === round)
    }
    await until(() => program.pid() !== undefined)
    await program.stop()
    expect(started).toHaveLength(8)
    expect(program.starts()).toBe(8)
  })

  test('whose restart fails is tried again', async () => {
    let failures = 3
    const flaky = async (): Promise<StartedProcess> => {
      if (started.length > 0 && failures-- > 0) throw new Error('the port is still taken')
      return start(sleeper)
    }
    const program = supervise({ name: 'program', start: flaky, backOff: quick, log })
    await program.ready
    await program.kill9()
    await until(() => started.length === 2)
    expect(lines.filter((line) => line.includes('the port is still taken'))).toHaveLength(3)
    await program.stop()
  })
})

test('the pause before a restart doubles from 250 ms to 5 s', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 50].map((crashes) => backOffMs(crashes))).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000])
})

test('what a process prints is kept in its log', async () => {
  const run = await start(`console.log('hello')`)
  await run.exited
  expect(readFileSync(logFile(), 'utf8')).toBe('hello\n')
})
