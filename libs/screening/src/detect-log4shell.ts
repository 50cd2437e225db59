import type { Form } from './decode-layers.ts'

/** An innermost lookup that only spells its own value: ${lower:j}, ${::-n}, ${env:NOTHING:-d}. */
const spelled = /\$\{(?:(?:lower|upper):([^${}:]{0,40})|[^${}]{0,60}:-([^${}]{0,40}))\}/g
const roundsMax = 4
const lookup = /\$\{\s{0,4}(?:jndi|env|sys|ctx|java|main|bundle|log4j|docker|k8s|kubernetes|spring|web|map|sd|event|marker|date|base64|script|url|dns|file|const|urlencoder|lower|upper)\s{0,4}:/
const jndi = /j\s{0,2}n\s{0,2}d\s{0,2}i\s{0,2}:\s{0,2}(?:ldaps?|rmi|dns|iiop|corba|nds|nis|http)\b/

/** Finds lookups of Log4j and of Apache Commons Text, also when spelled by nested lookups. */
export function isLog4shell({ lower }: Form): boolean {
  if (!lower.includes('${')) return lower.includes('jndi') && jndi.test(lower)
  let text = lower
  for (let round = 0; round < roundsMax; round++) {
    const next = text.replace(spelled, (_whole, cased: string | undefined, fallback: string | undefined) => cased ?? fallback ?? '')
    if (next === text) break
    text = next
  }
  return lookup.test(text) || jndi.test(text) || (text !== lower && lookup.test(lower))
}
