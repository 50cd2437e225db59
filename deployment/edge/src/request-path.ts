/** What a request target asks for: the path in Kong's normal form, as text for matching and as bytes-safe text for sending on. */
export type RequestTarget =
  | {
      readonly ok: true
      /** Decoded and normalised: what routes are matched against. */
      readonly path: string
      /** The same path, escaped again, with the query untouched: what the service receives. */
      readonly forward: string
      /** The path as the caller wrote it, without the query. */
      readonly written: string
    }
  | { readonly ok: false; readonly status: 400 | 404; readonly problem: string }

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const reserved = new Set("!*'();:@&=+$,/?%#[]")

/**
 * Reads a request target the way Kong Gateway 3.9 does (RFC 3986 §6.2.2): unreserved and other characters are decoded,
 * reserved ones stay encoded in capitals, dot segments are resolved and doubled slashes merged. So `/v1//%61lerts`, and
 * `/v1/x/%2e%2e/alerts`, are `/v1/alerts`, while `/v1/events/a%2Fb` keeps its encoded slash.
 * Like the nginx below Kong, it refuses broken percent-encoding, `%00`, and a path that climbs above its root (400);
 * a path that isn't UTF-8 matches no route (404).
 * `target` holds one character per byte, as Node gives `request.url`.
 */
export function readRequestTarget(target: string): RequestTarget {
  const local = target.replace(/^https?:\/\/[^/?#]*/i, '')
  const question = local.indexOf('?')
  const written = question === -1 ? local : local.slice(0, question)
  const query = question === -1 ? '' : local.slice(question)
  if (!written.startsWith('/')) return { ok: false, status: 400, problem: 'The path must start with a slash.' }
  if (/%(?![0-9A-Fa-f]{2})/.test(written)) return { ok: false, status: 400, problem: 'The path has broken percent-encoding.' }
  if (/%00|\0/.test(written)) return { ok: false, status: 400, problem: 'The path has a NUL character.' }
  if (climbsAboveRoot(written)) return { ok: false, status: 400, problem: 'The path climbs above its root.' }
  const bytes = resolveDotSegments(decodeAllButReserved(written))
  const path = utf8(bytes)
  if (path === undefined) return { ok: false, status: 404, problem: 'The path is not UTF-8.' }
  return { ok: true, path, forward: escapePath(bytes) + query, written }
}

function decodeAllButReserved(written: string): string {
  return written.replace(/%([0-9A-Fa-f]{2})/g, (encoded, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16))
    return reserved.has(character) ? encoded.toUpperCase() : character
  })
}

/** `path` starts with a slash and does not climb above its root. */
function resolveDotSegments(path: string): string {
  const kept: string[] = []
  const segments = path.split('/').slice(1)
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1
    if (segment === '..') kept.pop()
    if (segment !== '' && segment !== '.' && segment !== '..') kept.push(segment)
    else if (last) kept.push('')
  }
  return `/${kept.join('/')}`
}

/** Counted on the fully decoded path, as nginx does: `%2F` is a slash here, though it isn't one to the router. */
function climbsAboveRoot(written: string): boolean {
  let depth = 0
  const decoded = written.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  for (const segment of decoded.split('/')) {
    if (segment === '..') depth -= 1
    else if (segment !== '' && segment !== '.') depth += 1
    if (depth < 0) return true
  }
  return false
}

function escapePath(bytes: string): string {
  return bytes.replace(/[^!#$&'()*+,/:;=?@[\]A-Za-z0-9\-_.~%]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  })
}

function utf8(bytes: string): string | undefined {
  try {
    return decoder.decode(Buffer.from(bytes, 'latin1'))
  } catch {
    return undefined
  }
}
