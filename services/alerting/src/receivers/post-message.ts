import { createHash } from 'node:crypto'
import { boundedText } from './bounded-text.ts'
import { describeFailure, redactor } from './show-failure.ts'
import { parseRetryAfter } from '../deliveries/retry-schedule.ts'
import type { SafeRequest, SafeResponse } from '../deliveries/safe-request.ts'
import type { SendResult } from '../deliveries/send-result.ts'

/** What is posted to a receiver, and what of it nobody may read later. */
export interface Post {
  readonly url: string
  /** The URL as the log shows it. */
  readonly loggedUrl: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  /** Headers that vouch for us: sent, and not logged. */
  readonly secretHeaders?: Readonly<Record<string, string>>
  /** What an answer may echo and the log mustn't hold. */
  readonly secrets?: readonly string[]
  readonly timeoutMs: number
}

/** Why an answer is a refusal, for people; undefined when the receiver took the message. */
export type Judge = (response: SafeResponse) => string | undefined

const shownHeaders = ['content-type', 'retry-after', 'location', 'date', 'x-request-id', 'request-id']

/** Posts JSON once, and tells how it ended without any secret; never rejects. */
export async function postMessage(request: SafeRequest, post: Post, judge: Judge, { atMs, signal }: { readonly atMs: number; readonly signal: AbortSignal }): Promise<SendResult> {
  const { url, body, timeoutMs } = post
  const headers = { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'ott-compliance-alerting', ...post.headers }
  const sent = { method: 'POST', url: post.loggedUrl, headers, bytes: Buffer.byteLength(body), bodySha256: createHash('sha256').update(body).digest('hex') }
  const redact = redactor([...Object.values(post.secretHeaders ?? {}), ...(post.secrets ?? [])])
  try {
    const response = await request({ url, method: 'POST', headers: { ...headers, ...post.secretHeaders }, body, timeoutMs, signal })
    const refusal = judge(response)
    const retryAfter = response.headers['retry-after']
    const retryAfterMs = parseRetryAfter(retryAfter, atMs)
    return {
      outcome: refusal === undefined ? 'accepted' : response.status === 410 ? 'gone' : 'refused',
      status: response.status,
      ...(retryAfter === undefined ? {} : { retryAfter: boundedText(retryAfter, 100) }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(refusal === undefined ? {} : { error: boundedText(redact(refusal), 400) }),
      request: sent,
      response: { status: response.status, headers: shown(response.headers, redact), body: firstKibibyte(redact(response.body)) },
    }
  } catch (error) {
    return { outcome: 'unreachable', error: boundedText(redact(describeFailure(error)), 400), request: sent }
  }
}

/** Refused unless the status is one of those the receiver answers with when it takes a message. */
export function unlessStatus(isTaken: (status: number) => boolean, explain: (response: SafeResponse) => string = () => ''): Judge {
  return (response) => {
    if (isTaken(response.status)) return undefined
    if (response.status >= 300 && response.status < 400) {
      return `the receiver redirects (${response.status}), which isn't followed${response.redirectsInside === true ? ', to an inner network' : ''}`
    }
    const explanation = explain(response)
    return `the receiver answered ${response.status}${explanation === '' ? '' : `: ${explanation}`}`
  }
}

function shown(headers: SafeResponse['headers'], redact: (text: string) => string): Record<string, string> {
  return Object.fromEntries(shownHeaders.flatMap((name) => (headers[name] === undefined ? [] : [[name, boundedText(redact(headers[name]), 200)]])))
}

function firstKibibyte(text: string): string {
  return Buffer.from(text).subarray(0, 1_024).toString('utf8').replace(/\ufffd+$/, '')
}
