import { hash, randomBytes } from 'node:crypto'

/** A new API key: 256 random bits behind a prefix that secret scanners can look for. */
export function createApiKey(): string {
  return `ott_${randomBytes(32).toString('base64url')}`
}

/**
 * What is kept of a key. A plain hash is enough for a secret of 256 random bits: there is nothing to guess, so a slow
 * password hash would only make each request slow (OWASP ASVS 5.0 §11.4.1). Hex.
 */
export function hashApiKey(key: string): string {
  return hash('sha256', key, 'hex')
}

/** The key a request carries: `x-api-key`, or `authorization: Bearer`. */
export function apiKeyOf(headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined {
  const direct = headers['x-api-key']
  if (typeof direct === 'string' && direct !== '') return direct
  const { authorization } = headers
  return typeof authorization === 'string' ? /^Bearer +(\S{1,512})$/i.exec(authorization)?.[1] : undefined
}
