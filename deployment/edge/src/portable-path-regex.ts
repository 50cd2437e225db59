/**
 * Kong's traditional_compatible router hands `~` paths to Rust's `regex`, the edge to JavaScript's RegExp. Both give the
 * same answer for this subset, which also keeps a backtracking engine linear enough (no repeated groups):
 * literals, `\` before punctuation, classes without ranges of sets (`[^/]`, `[A-Za-z0-9]`), the quantifiers `* + ? {n,m}` on those,
 * groups (plain, `(?:…)`, `(?<name>…)`, at most optional), `|`, `^` and `$`.
 * Left out because the engines differ: `.`, `\d \w \s \b` (Unicode in Rust), look-around, back-references, flags.
 */
const atom = String.raw`(?:[A-Za-z0-9/_:@=~%,;!&'-]|\\[.+*?$()|]|\[\^?[A-Za-z0-9/_.:@=,+%-]+\])`
const quantifier = String.raw`(?:[*+?]|\{[0-9]{1,3}(?:,[0-9]{0,3})?\})`
const groupOpen = String.raw`\((?:\?:|\?<[A-Za-z][A-Za-z0-9]*>)?`
const portable = new RegExp(String.raw`^(?:${atom}${quantifier}?|${groupOpen}|\)\??|[|^$])+$`)

/** Whether a path regex (without its `~`) means the same to Kong and to the edge. */
export function isPortablePathRegex(pattern: string): boolean {
  // `--` subtracts sets in Rust's classes.
  return portable.test(pattern) && !pattern.includes('--') && compiles(pattern)
}

/** Compiles a portable regex as Kong does: `^` goes in front of the text, so it binds to the first alternative only. */
export function compilePathRegex(pattern: string): RegExp {
  return new RegExp(`^${pattern}`, 'u')
}

function compiles(pattern: string): boolean {
  try {
    compilePathRegex(pattern)
    return true
  } catch {
    return false
  }
}
