import type { Request } from 'express'
import { Problem } from './problem.ts'

/** The ETag of a version (RFC 9110 §8.8.3). */
export function tagOf(version: number): string {
  return `"${version}"`
}

/** The version that `If-Match` names: the caller's change shall only hold where nobody has changed it since. Undefined without one, or for `*`. */
export function expectedVersion(request: Request): number | undefined {
  const match = request.get('if-match')
  if (match === undefined || match === '*') return undefined
  const version = /^"(\d{1,9})"$/.exec(match)?.[1]
  if (version === undefined) throw new Problem(412, 'precondition-failed', 'If-Match is not an ETag of this address')
  return Number(version)
}
