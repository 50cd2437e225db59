/**
 * Control characters, and those that turn or hide text (Unicode TR 36, "Bidirectional Text Spoofing"): a label must not
 * break a header's line or show something other than it says.
 */
const unseen = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/g

/**
 * A value from outside on one line, escaped for its format, and at most so many UTF-16 units long as escaped. What is cut
 * ends in `…`; no escape and no character is cut in two.
 */
export function boundedText(value: string, lengthMax: number, escape: (character: string) => string = (character) => character): string {
  const pieces: string[] = []
  let length = 0
  for (const character of value.toWellFormed().replace(unseen, ' ').trim()) {
    const piece = escape(character)
    pieces.push(piece)
    length += piece.length
    if (length <= lengthMax) continue
    while (length > lengthMax - 1) length -= pieces.pop()?.length ?? 0
    return `${pieces.join('').trimEnd()}…`
  }
  return pieces.join('')
}

/** A link that people may follow: `http` or `https`, without credentials; anything else is no link. */
export function webLink(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.username !== '' || url.password !== '') return undefined
  return url.href.length > 2_000 ? undefined : url.href
}
