import type { AttackClass } from './attack-class.ts'
import { screenText } from './screen-text.ts'

/** Tells which attacks a text carries. */
export type ScreenText = (text: string) => readonly AttackClass[]

/** Longer texts seldom come again. */
const rememberedLengthMax = 256

const clean: readonly AttackClass[] = []

/**
 * Screens like {@link screenText} and remembers the short texts in which it found nothing: names of fields and user agents come with every
 * event. Of the texts it remembers, at most twice `textsMax`, those not asked for lately go.
 */
export function rememberingScreen(textsMax = 4_000): ScreenText {
  let recent = new Set<string>()
  let before = new Set<string>()
  return (text) => {
    if (text.length > rememberedLengthMax) return screenText(text)
    if (recent.has(text)) return clean
    if (!before.has(text)) {
      const classes = screenText(text)
      if (classes.length > 0) return classes
    }
    if (recent.size >= textsMax) {
      before = recent
      recent = new Set()
    }
    recent.add(text)
    return clean
  }
}
