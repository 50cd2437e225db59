import type { BackendKind } from './backend.ts'
import { dockerAnswers, pullProblem } from './docker.ts'
import { StartError } from './start-error.ts'

export interface KindQuestion {
  /** The address in the environment, if there is one. */
  readonly given: string | undefined
  readonly image: string
  /** What this machine lacks to run it without Docker, each in a few words. */
  readonly missingLocally: () => Promise<readonly string[]>
  /** What is to be run, and what to install for it, for the sentence that says nothing works. */
  readonly what: string
  readonly remedy: string
  readonly log: (line: string) => void
  readonly signal?: AbortSignal
}

/**
 * Where a backend is to come from: an address that is given, Docker when it answers and has or gets the image, else this machine itself.
 * OTT_BACKENDS=docker or =local leaves no choice. Throws a StartError that names everything missing when nothing works.
 */
export async function chooseKind({ given, image, missingLocally, what, remedy, log, signal }: KindQuestion): Promise<BackendKind> {
  if (given !== undefined && given !== '') return 'given'
  const forced = process.env['OTT_BACKENDS'] || undefined
  if (forced !== undefined && forced !== 'docker' && forced !== 'local') {
    throw new StartError(`OTT_BACKENDS is "${forced}", and may be "docker", "local" or unset`)
  }
  const problem = forced === 'local' ? 'Docker is ruled out by OTT_BACKENDS=local' : await dockerProblem(image, log, signal)
  if (problem === undefined) return 'docker'
  if (forced === 'docker') throw new StartError(`OTT_BACKENDS=docker, but ${problem}`)
  const missing = await missingLocally()
  if (missing.length === 0) return 'local'
  throw new StartError(`${what} can't be run here (${[problem, ...missing].join(', ')}): ${remedy}`)
}

async function dockerProblem(image: string, log: (line: string) => void, signal?: AbortSignal): Promise<string | undefined> {
  if (!(await dockerAnswers())) return 'no Docker daemon answers'
  const problem = await pullProblem(image, log, signal)
  return problem === undefined ? undefined : `Docker can't get ${image} (${problem})`
}
