const acting = /[<>&"'`${}\\\u0000-\u001f\u007f-\u00a0\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff0-\uffff]/

/**
 * A text as it may be shown and kept: whatever acts in HTML, templates, logs or terminals (markup, quotes, `$ { }`, backslashes,
 * control characters, invisible and turning ones, lone surrogates) is written `[U+003C]`, and it is cut to `lengthMax` characters.
 */
export function neutralise(text: string, lengthMax: number): string {
  let shown = ''
  for (const character of text.slice(0, lengthMax)) {
    const part = acting.test(character) || !character.isWellFormed() ? `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]` : character
    if (shown.length + part.length > lengthMax - 1) return `${shown}…`
    shown += part
  }
  return text.length > lengthMax ? `${shown}…` : shown
}
