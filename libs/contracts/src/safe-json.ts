import { invalid, valid, type Checked } from './result.ts'

/** Bounds that hold for every JSON document the platform takes in. */
export const jsonLimits = { depthMax: 32, nodesMax: 20_000 } as const

const forbiddenKeys = new Set(['__proto__'])

/** Why a text can't be kept, or undefined: PostgreSQL text can't hold NUL, UTF-8 can't hold a lone surrogate. */
export function unsafeTextProblem(text: string): string | undefined {
  if (text.includes('\u0000')) return 'contains a NUL character'
  if (!text.isWellFormed()) return 'contains a lone surrogate, which is not valid Unicode'
  return undefined
}

/**
 * Parses bytes that nobody has vouched for. Beyond being JSON they must be free of what breaks later stages:
 * the key that reaches an object's prototype, NUL (PostgreSQL text can't hold it), lone surrogates (UTF-8 can't),
 * and structures deeper or larger than {@link jsonLimits}. Iterative, so that depth can't exhaust the stack.
 */
export function parseSafeJson(bytes: Buffer | string): Checked<unknown> {
  const text = typeof bytes === 'string' ? bytes : decodeUtf8(bytes)
  if (text === undefined) return invalid('(body)', 'is not valid UTF-8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return invalid('(body)', `is not JSON: ${describeSyntaxError(error)}`)
  }
  return checkSafeJson(value)
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** V8 quotes the input in its message; the position says enough and can't carry personal data. */
function describeSyntaxError(error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  const position = /position (\d+)/.exec(message)?.[1]
  if (position !== undefined) return `unexpected character at position ${position}`
  return /end of JSON/.test(message) ? 'it ends too early' : 'unexpected character'
}

/** A path is made of the sender's own keys: it stays short enough for a header and a log line. */
function fieldOf(path: string): string {
  return path.slice(0, 200).toWellFormed() || '(body)'
}

/** The checks of {@link parseSafeJson} on a value that is parsed already. */
export function checkSafeJson(root: unknown): Checked<unknown> {
  // Nearly everything is safe: where a problem lies is only worked out when there is one.
  return isSafeJson(root) ? valid(root) : describeUnsafeJson(root)
}

/** The same limits as {@link describeUnsafeJson}, without noting paths. Its depth is bounded, so it may recurse. */
function isSafeJson(root: unknown): boolean {
  let nodes = 0
  const isSafe = (value: unknown, depth: number): boolean => {
    if (++nodes > jsonLimits.nodesMax) return false
    if (typeof value === 'string') return isSafeText(value)
    if (typeof value !== 'object' || value === null) return true
    if (depth >= jsonLimits.depthMax) return false
    if (Array.isArray(value)) {
      for (const item of value) if (!isSafe(item, depth + 1)) return false
      return true
    }
    for (const key in value) {
      if (key === '__proto__' || !isSafeText(key) || !isSafe((value as Record<string, unknown>)[key], depth + 1)) return false
    }
    return true
  }
  return isSafe(root, 0)
}

function isSafeText(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed()
}

function describeUnsafeJson(root: unknown): Checked<unknown> {
  const pending: { value: unknown; path: string; depth: number }[] = [{ value: root, path: '', depth: 0 }]
  let nodes = 0
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value, path, depth } = next
    if (++nodes > jsonLimits.nodesMax) return invalid('(body)', `has more than ${jsonLimits.nodesMax} values`)
    if (typeof value === 'string') {
      const problem = unsafeTextProblem(value)
      if (problem !== undefined) return invalid(fieldOf(path), problem)
    } else if (typeof value === 'object' && value !== null) {
      if (depth >= jsonLimits.depthMax) return invalid(fieldOf(path), `is nested deeper than ${jsonLimits.depthMax} levels`)
      for (const key of Object.keys(value)) {
        const childPath = path === '' ? key : `${path}.${key}`
        if (!Array.isArray(value)) {
          if (forbiddenKeys.has(key)) return invalid(fieldOf(childPath), 'is not an allowed key')
          const problem = unsafeTextProblem(key)
          if (problem !== undefined) return invalid(fieldOf(path), `has a key that ${problem}`)
        }
        pending.push({ value: (value as Record<string, unknown>)[key], path: childPath, depth: depth + 1 })
      }
    }
  }
  return valid(root)
}
