import { spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { openLog } from './log-file.ts'
import { forgetProcess, recordProcess } from './stale-process.ts'
import { StartError } from './start-error.ts'

export interface ProcessOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** The user to run as, where the parent may choose. */
  readonly uid?: number
  readonly gid?: number
  /** Gets what the process prints. */
  readonly logFile: string
  /** Where the process is noted for a later launcher. */
  readonly pidFile: string
  /** What asks this program to end in order. */
  readonly stopSignal?: NodeJS.Signals
  /** How long it may take about that before SIGKILL. */
  readonly stopGraceMs?: number
  /** Opens a channel whose closing tells the child that its parent is gone. */
  readonly channel?: boolean
}

/** Something that runs until it is stopped, is killed, or dies by itself. */
export interface Run {
  readonly pid?: number
  /** Resolves, never rejects, once it has ended for whatever reason. */
  readonly exited: Promise<void>
  /** Asks it to end, insists after its grace period, and resolves when it has. */
  stop(): Promise<void>
  /** Ends it as a crash would: nothing is flushed, nobody is told. */
  kill9(): Promise<void>
}

/** A child process. */
export interface StartedProcess extends Run {
  readonly pid: number
  hasExited(): boolean
}

/**
 * Starts a program in a process group of its own: Ctrl-C in the terminal then reaches only the launcher, which ends things in order.
 * Throws a StartError when the program can't be run at all.
 */
export async function startProcess(options: ProcessOptions): Promise<StartedProcess> {
  const { command, stopSignal = 'SIGTERM', stopGraceMs = 10_000 } = options
  const log = openLog(options.logFile)
  const child = spawn(command, options.args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    uid: options.uid,
    gid: options.gid,
    detached: true,
    stdio: options.channel ? ['ignore', log, log, 'ipc'] : ['ignore', log, log],
  })
  closeSync(log)
  let ended = false
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      ended = true
      if (child.pid !== undefined) forgetProcess(options.pidFile, child.pid)
      resolve()
    })
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error) => reject(new StartError(`${command} can't be run: ${error.message}`)))
  })
  // Sending to a child that has just died is no news: its exit is reported.
  child.on('error', () => {})
  const pid = child.pid as number
  recordProcess(options.pidFile, pid, stopSignal)

  const signal = (name: NodeJS.Signals): void => {
    if (!ended) child.kill(name)
  }
  return {
    pid,
    exited,
    hasExited: () => ended,
    async stop() {
      signal(stopSignal)
      const patience = new AbortController()
      await Promise.race([exited, sleep(stopGraceMs, undefined, { signal: patience.signal }).catch(() => {})])
      patience.abort()
      signal('SIGKILL')
      await exited
    },
    async kill9() {
      signal('SIGKILL')
      await exited
    },
  }
}
