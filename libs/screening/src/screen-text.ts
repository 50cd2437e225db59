import { attackClasses, type AttackClass } from './attack-class.ts'
import { decodeLayers, type Form } from './decode-layers.ts'
import { isCmdi } from './detect-cmdi.ts'
import { isCrlf } from './detect-crlf.ts'
import { isLdapi } from './detect-ldapi.ts'
import { isLog4shell } from './detect-log4shell.ts'
import { isNosqli } from './detect-nosqli.ts'
import { isPathTraversal } from './detect-path-traversal.ts'
import { isSqli } from './detect-sqli.ts'
import { isSsti } from './detect-ssti.ts'
import { isXss } from './detect-xss.ts'
import { isXxe } from './detect-xxe.ts'

/** A longer text is screened in windows of this length, each beginning {@link overlap} before the end of the one before. */
export const windowLength = 4_096
export const overlap = 512

const detectors: Readonly<Record<AttackClass, (form: Form) => boolean>> = {
  sqli: isSqli,
  xss: isXss,
  'path-traversal': isPathTraversal,
  cmdi: isCmdi,
  ssti: isSsti,
  xxe: isXxe,
  ldapi: isLdapi,
  nosqli: isNosqli,
  crlf: isCrlf,
  log4shell: isLog4shell,
}

/** Letters, digits, spaces and the punctuation of ids, times, names and plain sentences: nothing that could act. */
const harmless = /^[\p{L}\p{N} _.,:!?@+-]*$/u
const mayTell = /\.\.|--|\b(?:union|select|order\s{1,8}by|or|and|whoami|ping|uname|curl|wget|convert\.|passwd|ini|conf|nc|ls|net\w{0,8}|ifconfig|ipconfig|sys\w{0,8}|tasklist|truncate|like|alter|grant|declare|shutdown|document\.|java\.lang|window\.|location\.|return|drop|exec|insert|delete|dir)\b|[\uff01-\uff5e\u2215\u2216\u560a]|\.(?:ht|pass|log|bash|env|git|ssh|ini|conf|log|history)|[a-z]:\w|l[hi]4v|l2v0|0x2e|\+ad[w4]-/i

/** Which attacks a text carries, in the order of {@link attackClasses}; none for ordinary text. Time grows with the length alone. */
export function screenText(text: string): AttackClass[] {
  if (harmless.test(text) && !mayTell.test(text)) return []
  const found = new Set<AttackClass>()
  for (let start = 0; start === 0 || start + overlap < text.length; start += windowLength - overlap) {
    screenWindow(text.slice(start, start + windowLength), found)
    if (found.size === attackClasses.length) break
  }
  return found.size === 0 ? [] : attackClasses.filter((name) => found.has(name))
}

function screenWindow(text: string, found: Set<AttackClass>): void {
  for (const form of decodeLayers(text)) {
    for (const name of attackClasses) {
      if (!found.has(name) && detectors[name](form)) found.add(name)
    }
  }
}
