import { spawn } from 'node:child_process'

export interface CommandResult {
  /** The exit code, or undefined when the program is missing, was killed or took too long. */
  readonly code: number | undefined
  readonly missing: boolean
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly uid?: number
  readonly gid?: number
}

/** Runs a short-lived program and returns what it printed. Never rejects: a failure is a result. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { timeoutMs = 600_000, signal, ...spawnOptions } = options
  return new Promise((resolve) => {
    let stdout = ''
    let stderr = ''
    let missing = false
    const child = spawn(command, args, { env: process.env, ...spawnOptions, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const kill = (): void => void child.kill('SIGKILL')
    const timer = setTimeout(kill, timeoutMs)
    signal?.addEventListener('abort', kill, { once: true })
    if (signal?.aborted) kill()
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const finish = (code: number | null): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', kill)
      resolve({ code: code ?? undefined, missing, stdout, stderr })
    }
    child.once('error', (error: NodeJS.ErrnoException) => {
      missing = error.code === 'ENOENT'
      finish(null)
    })
    child.once('close', finish)
  })
}

/** The line of a failed command's output that most likely says why. */
export function reasonOf({ stdout, stderr }: CommandResult): string {
  const lines = `${stderr}\n${stdout}`
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  return lines.find((line) => /error|fatal|denied|cannot|can't/i.test(line)) ?? lines[0] ?? 'it printed nothing'
}
