import type { ModelName } from '@ott/contracts/model-configured'
import type { Actor } from './model-store.ts'

/** A training run that has been taken on; it registers its version by itself when it is done. */
export interface StartedRun {
  readonly runId: string
}

/**
 * Takes on the training of a model and answers at once. The port between the registry and whatever trains.
 * @param request the caller's body, a JSON object: the port reads it, and throws the Problem of 400 that names what is wrong with it
 */
export type StartTraining = (actor: Actor, model: ModelName, request: Readonly<Record<string, unknown>>) => Promise<StartedRun>
