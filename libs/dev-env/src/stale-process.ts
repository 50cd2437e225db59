import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { identityOf } from './process-identity.ts'

interface RecordedProcess {
  readonly pid: number
  readonly identity: string
  readonly stopSignal: NodeJS.Signals
}

/** Notes a process beside its data, so that a later launcher can find it when this one is killed. */
export function recordProcess(file: string, pid: number, stopSignal: NodeJS.Signals): void {
  const identity = identityOf(pid)
  if (identity === undefined) return
  writeFileSync(file, JSON.stringify({ pid, identity, stopSignal } satisfies RecordedProcess))
}

/** Forgets a process that has ended, unless the file speaks of another one by now. */
export function forgetProcess(file: string, pid: number): void {
  if (readRecord(file)?.pid === pid) rmSync(file, { force: true })
}

/**
 * Ends the process a launcher left behind: its own stop signal first, SIGKILL after graceMs.
 * A process that only has the same number is left alone.
 */
export async function stopRecorded(file: string, graceMs = 10_000): Promise<void> {
  const record = readRecord(file)
  if (record !== undefined && runs(record)) {
    signal(record.pid, record.stopSignal)
    await untilGone(record, graceMs)
    if (runs(record)) signal(record.pid, 'SIGKILL')
    await untilGone(record, 5_000)
  }
  rmSync(file, { force: true })
}

function readRecord(file: string): RecordedProcess | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as RecordedProcess
  } catch {
    return undefined
  }
}

function runs({ pid, identity }: RecordedProcess): boolean {
  return identityOf(pid) === identity
}

async function untilGone(record: RecordedProcess, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (runs(record) && performance.now() < deadline) await sleep(25)
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended in between.
  }
}

/** Kills a noted process at once. */
export function killRecordedProcess(file: string): void {
  const record = readRecord(file)
  if (record !== undefined && runs(record)) signal(record.pid, 'SIGKILL')
}
