import type { Caller, Passage } from './plugin.ts'

/**
 * Notes who calls, and tells the service as Kong does. What a caller claims in these headers is taken away.
 * The ids that Kong makes up when it loads the file are left out.
 */
export function noteCaller(passage: Passage, caller: Caller): void {
  passage.caller = caller
  const { serviceHeaders } = passage
  serviceHeaders['x-consumer-id'] = undefined
  serviceHeaders['x-consumer-custom-id'] = undefined
  serviceHeaders['x-consumer-username'] = caller.consumer
  serviceHeaders['x-credential-identifier'] = caller.credential
  serviceHeaders['x-anonymous-consumer'] = caller.credential === undefined ? 'true' : undefined
}
