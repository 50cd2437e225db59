import { Problem } from '@ott/http/problem'
import type { Request } from 'express'

/** Which state the caller has seen, where `If-Match` says it: then nobody's change is overwritten unseen (RFC 9110, section 13.1.1). */
export function readExpectedVersion(request: Request): number | undefined {
  const match = request.get('if-match')
  if (match === undefined || match === '*') return undefined
  const version = /^"(\d{1,15})"$/.exec(match)?.[1]
  if (version === undefined) throw new Problem(412, 'precondition-failed', 'If-Match is not an ETag of this address')
  return Number(version)
}
