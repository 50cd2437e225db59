import type { IncomingMessage } from 'node:http'
import type { EdgeProblem } from '../problem-answer.ts'

/** One request on its way through the plugins: what they learn about it, and what they add. */
export interface Passage {
  readonly request: IncomingMessage
  /** Set on the answer, whoever gives it. Names in lower case. */
  readonly answerHeaders: Record<string, string>
  /** Told to the service; undefined takes away what the caller claims about itself. Names in lower case. */
  readonly serviceHeaders: Record<string, string | undefined>
  /** Whom a plugin recognised. */
  caller: Caller | undefined
}

/** A consumer of kong.yml, and the credential it showed; without one it is the anonymous consumer. */
export interface Caller {
  readonly consumer: string
  readonly credential: string | undefined
}

/** What a plugin answers in the service's place: a refusal, or an empty 200. */
export type Reply = EdgeProblem | { readonly status: 200 }

/** Asked before a request goes to its service. Undefined lets it pass. Synchronous unless it has to wait: most requests pay for it. */
export interface EdgePlugin {
  access(passage: Passage): Reply | undefined | Promise<Reply | undefined>
}

/** Asks one plugin after the other until one answers. */
export function askPlugins(plugins: readonly EdgePlugin[], passage: Passage, from = 0): Reply | undefined | Promise<Reply | undefined> {
  for (let place = from; place < plugins.length; place += 1) {
    const reply = plugins[place]?.access(passage)
    if (reply instanceof Promise) return reply.then((late) => late ?? askPlugins(plugins, passage, place + 1))
    if (reply !== undefined) return reply
  }
  return undefined
}
