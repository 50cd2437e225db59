import { screenText } from './screen-text.ts'

/** A line with its hits, or why it has none. */
export type ScreenedLine = { readonly ok: true; readonly line: string } | { readonly ok: false; readonly problem: string }

/**
 * Screens the `text` of a line of JSON Lines and puts `"hits": [classes]` behind its fields. They are kept as they were written, to the
 * letter; hits that it brought are replaced.
 */
export function screenLine(line: string): ScreenedLine {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return { ok: false, problem: 'is not JSON' }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { ok: false, problem: 'is not an object' }
  const { text, hits: old } = value as { text?: unknown; hits?: unknown }
  if (typeof text !== 'string') return { ok: false, problem: 'has no "text", or one that is not a string' }
  const hits = screenText(text)
  if (old !== undefined) return { ok: true, line: JSON.stringify({ ...value, hits }) }
  const end = line.lastIndexOf('}')
  return { ok: true, line: `${line.slice(0, end).trimStart().trimEnd()},"hits":${JSON.stringify(hits)}}` }
}
