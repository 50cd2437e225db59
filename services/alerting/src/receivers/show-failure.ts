/**
 * Why no answer came, for people. Of an error that isn't made to be shown only its code is quoted: its text may hold the
 * receiver's address with its secrets.
 */
export function describeFailure(error: unknown): string {
  const { name, message, code, cause } = (error ?? {}) as { name?: unknown; message?: unknown; code?: unknown; cause?: { code?: unknown } }
  if (name === 'RequestFailed' && typeof message === 'string') return message
  if (name === 'TimeoutError' || code === 'ETIMEDOUT') return 'the receiver did not answer in time'
  if (name === 'AbortError' || code === 'EABORT') return 'the attempt was broken off'
  const reason = [code, cause?.code].find((value): value is string => typeof value === 'string' && /^[A-Za-z0-9_-]{1,60}$/.test(value))
  return `the receiver could not be reached${reason === undefined ? '' : `: ${reason}`}`
}

/** Replaces what mustn't be read, wherever a receiver echoes it. Secrets of fewer than four characters hide in anything. */
export function redactor(secrets: readonly (string | undefined)[]): (text: string) => string {
  const hidden = secrets.filter((secret): secret is string => secret !== undefined && secret.length >= 4).sort((a, b) => b.length - a.length)
  return (text) => hidden.reduce((shown, secret) => shown.replaceAll(secret, '***'), text)
}
