/** A W3C Trace Context header of version 00: trace id, parent span id, flags. */
export const traceparentPattern = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** Tells a header that names a trace from anything else a producer may have put there. */
export function isTraceparent(text: string | undefined): text is string {
  return text !== undefined && traceparentPattern.test(text)
}
