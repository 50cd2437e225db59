import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** A program that couldn't be run, or ended with another code than 0; the message is what it wrote. */
export class ProgramError extends Error {
  override name = 'ProgramError'
}

/** Runs a program and gives what it wrote; its errors are its own words. */
export async function runProgram(file: string, args: readonly string[], options: { cwd?: string; environment?: Readonly<Record<string, string>>; msMax?: number } = {}): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(file, [...args], {
      cwd: options.cwd,
      env: { ...process.env, ...options.environment },
      maxBuffer: 64 * 1_048_576,
      timeout: options.msMax ?? 60_000,
    })
    return stdout
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string }
    const written = `${stdout}\n${stderr}`.replace(/\n\s*\n/g, '\n').trim()
    throw new ProgramError(code === 'ENOENT' ? `${file} is not there` : written || String(error), { cause: error })
  }
}
