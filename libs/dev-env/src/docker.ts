import { reasonOf, runCommand } from './run-command.ts'

/** Whether a Docker daemon answers within three seconds. */
export async function dockerAnswers(): Promise<boolean> {
  const { code, stdout } = await runCommand('docker', ['info', '--format', '{{.ServerVersion}}'], { timeoutMs: 3_000 })
  return code === 0 && stdout.trim() !== ''
}

/** Makes sure the image is on this machine. Returns undefined when it is, else why it can't be had. */
export async function pullProblem(image: string, log: (line: string) => void, signal?: AbortSignal): Promise<string | undefined> {
  const present = await runCommand('docker', ['image', 'inspect', '--format', '{{.Id}}', image], { timeoutMs: 10_000, signal })
  if (present.code === 0) return undefined
  log(`pulling the image ${image} (once)`)
  const result = await runCommand('docker', ['pull', '--quiet', image], { timeoutMs: 300_000, signal })
  signal?.throwIfAborted()
  return result.code === 0 ? undefined : reasonOf(result)
}
