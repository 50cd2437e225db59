import type { Line } from './lines.ts'

/** A record longer than this has an unclosed quote rather than a long cell. */
export const recordLinesMax = 500
/** The same bound in UTF-16 units, over all lines of the record. */
export const recordLengthMax = 262_144

export interface CsvRecord {
  readonly lineNumber: number
  /** As written, lines joined by LF. Undefined when the lines that begin here aren't a record. */
  readonly text: string | undefined
  readonly reason?: 'unclosed-quote' | 'line-too-long'
}

/**
 * Whether a quoted cell is still open after a line (RFC 4180 §2.5–2.7). A quote opens only where a cell begins;
 * elsewhere it is a character like any other (`6" pipe`).
 */
export function quoteOpenAfter(line: string, openBefore: boolean, delimiter: string): boolean {
  let open = openBefore
  let cellBegins = !openBefore
  for (let i = 0; i < line.length; i++) {
    const character = line[i]
    if (open) {
      if (character !== '"') continue
      if (line[i + 1] === '"') i += 1
      else open = false
    } else if (cellBegins && character === '"') {
      open = true
      cellBegins = false
    } else {
      cellBegins = character === delimiter
    }
  }
  return open
}

/**
 * Groups lines into CSV records. A quote that is never closed costs its own line only: that line is given up and
 * reading goes on with the next, where a parser of the whole file would swallow everything that follows.
 */
export async function* csvRecordsOf(lines: AsyncIterable<Line>, delimiter: string): AsyncGenerator<CsvRecord> {
  let pending: Line[] = []
  let pendingLength = 0
  let open = false

  /** Takes a line in; yields the records that are complete with it. */
  function* take(first: Line): Generator<CsvRecord> {
    const queue = [first]
    for (let line = queue.shift(); line !== undefined; line = queue.shift()) {
      const tooMuch = pending.length >= recordLinesMax || pendingLength + (line.text?.length ?? Infinity) > recordLengthMax
      if (pending.length > 0 && tooMuch) {
        queue.unshift(line)
        yield giveUpFirst(queue)
        continue
      }
      if (line.text === undefined) {
        yield { lineNumber: line.lineNumber, text: undefined, reason: 'line-too-long' }
        continue
      }
      open = quoteOpenAfter(line.text, open, delimiter)
      pending.push(line)
      pendingLength += line.text.length + 1
      if (!open) {
        yield { lineNumber: pending[0]?.lineNumber ?? 0, text: pending.map(({ text }) => text).join('\n') }
        pending = []
        pendingLength = 0
      }
    }
  }

  /** The first pending line is no record; those after it are read anew. */
  function giveUpFirst(queue: Line[]): CsvRecord {
    const [first, ...others] = pending
    queue.unshift(...others)
    pending = []
    pendingLength = 0
    open = false
    return { lineNumber: first?.lineNumber ?? 0, text: undefined, reason: 'unclosed-quote' }
  }

  for await (const line of lines) yield* take(line)
  while (pending.length > 0) {
    const queue: Line[] = []
    yield giveUpFirst(queue)
    for (const line of queue) yield* take(line)
  }
}
