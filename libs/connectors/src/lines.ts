/** Longest line that is read, in UTF-16 units: at most 768 KiB of UTF-8, so that a line of JSON still fits a message of 1 MiB. */
export const lineLengthMax = 262_144

export interface Line {
  readonly lineNumber: number
  /** Without its line break (LF or CRLF). Undefined when the line was longer than `lengthMax`. */
  readonly text: string | undefined
}

/**
 * The lines of a stream of UTF-8. Bytes that aren't UTF-8 become U+FFFD, a byte-order mark is dropped, and a last
 * line without a line break counts. Only LF ends a line: U+2028 and its like may stand inside a JSON string.
 */
export async function* linesOf(source: AsyncIterable<Uint8Array | string>, lengthMax = lineLengthMax): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8')
  let lineNumber = 0
  let rest = ''
  let tooLong = false

  const ended = (piece: string): Line => {
    const whole = rest + piece
    const text = tooLong || whole.length > lengthMax ? undefined : whole.endsWith('\r') ? whole.slice(0, -1) : whole
    rest = ''
    tooLong = false
    lineNumber += 1
    return { lineNumber, text }
  }

  for await (const chunk of source) {
    let decoded = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    if (lineNumber === 0 && rest === '' && decoded.startsWith('\ufeff')) decoded = decoded.slice(1)
    let start = 0
    for (let end = decoded.indexOf('\n'); end !== -1; end = decoded.indexOf('\n', start)) {
      yield ended(decoded.slice(start, end))
      start = end + 1
    }
    rest += decoded.slice(start)
    if (rest.length > lengthMax) {
      tooLong = true
      rest = ''
    }
  }
  rest += decoder.decode()
  if (rest !== '' || tooLong) yield ended('')
}
