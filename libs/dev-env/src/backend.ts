import type { Run } from './started-process.ts'

/** Where a backend comes from: an address in the environment, a container, or a process of its own. */
export type BackendKind = 'given' | 'docker' | 'local'

/** A running broker or database. `exited` of a given one never resolves, and stopping it does nothing: it isn't ours. */
export interface Backend extends Run {
  readonly kind: BackendKind
}

export interface Broker extends Backend {
  /** host:port, for a client's list of brokers. */
  readonly brokers: readonly string[]
}

export interface Database extends Backend {
  /** A connection with every right, for migrations and for making roles. */
  readonly url: string
}

export interface BackendOptions {
  /** Everything that must survive lives below this folder, or in volumes named after it. */
  readonly dataDir: string
  /** Port on 127.0.0.1; a free one when omitted. */
  readonly port?: number
  /** Told in a few words what takes time. */
  readonly log?: (line: string) => void
  /** Gives up the start, leaving nothing behind. */
  readonly signal?: AbortSignal
}

/** A backend that somebody else runs. */
export function givenBackend(): Backend {
  // It goes on, but for whoever watches over it here it ends when they let go of it.
  const { promise: exited, resolve } = Promise.withResolvers<void>()
  return {
    kind: 'given',
    exited,
    stop: async () => resolve(),
    kill9: () => Promise.reject(new Error('a broker or database given by the environment is not ours to kill')),
  }
}
