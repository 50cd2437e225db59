import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Passage } from './plugin.ts'

/** A request as plugins see it. */
export function aPassage(headers: IncomingHttpHeaders = {}, { method = 'GET', from = '192.0.2.1' } = {}): Passage {
  const request = { method, headers, socket: { remoteAddress: from } } as unknown as IncomingMessage
  return { request, answerHeaders: {}, serviceHeaders: {}, caller: undefined }
}
