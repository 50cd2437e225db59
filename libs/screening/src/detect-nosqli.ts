import type { Form } from './decode-layers.ts'

const operators =
  'ne|eq|gte?|lte?|in|nin|not|or|nor|and|exists|type|regex|options|where|expr|mod|all|size|elemmatch|function|text|search|jsonschema|comment|slice|set|unset|inc|push|pull|rename|lookup|match|group|project|limit|accumulator|geowithin|near|rand|max|min|merge|out|func|eval'
/** The operator as the key of an object or of a parameter: {"$ne": …}, user[$gt]=. */
const operatorKey = new RegExp(String.raw`(?:[{,[(]\s{0,8}["'\\]{0,2}|\[["']?)\$(?:${operators})["'\\]{0,2}\s{0,8}(?:[:\]]|$)|["']\$(?:${operators})["']\s{0,4}:|(?:^|[,&?\s])\$(?:where|ne|gt|lt|regex|nin|or|and|exists)\s{0,4}[:=]`)
const operatorAlone = new RegExp(String.raw`^\$(?:${operators})$`)
const scripted = /\bthis\.[a-z_]{1,40}\s{0,4}(?:[=!<>.[]|\|\|)|\bdb\.[a-z_.]{1,60}\.?(?:find|insert|remove|drop|update|count|aggregate|save|stats|mapreduce)\w{0,10}\s?\(|['"];?\s{0,4}return\b\s{0,4}['"a-z(!0-9]|\breturn\s{0,4}(?:true|1|\(|'[a-z]'\s?==)|(?:\|\||&&)\s{0,4}(?:this\.|['"]?[a-z0-9]?['"]?\s{0,4}={2,3}\s{0,4}['"]?)|;\s{0,4}(?:while|for)\s?\(|(?:new\s{1,4}date\(\)|date\.now\(\)).{0,60}(?:while|do\b|sleep)|\bsleep\(\d{3,6}\)\s{0,4}(?:\|\||&&|;|$)|\bversion\s?\(\)\s?[=!]|\btojson\s?\(|\bgetcollectionnames\b|mapreduce|\bnumberlong\(|\bobjectid\(|\.where\(|\|\|\s?1\s?={2}/

/** Finds operators and scripts of document databases. An operator as a whole key (`$where`) is one, too. */
export function isNosqli({ lower }: Form): boolean {
  if (lower.includes('$') && (operatorKey.test(lower) || operatorAlone.test(lower))) return true
  return (lower.includes('(') || lower.includes('=') || lower.includes('return') || lower.includes('.')) && scripted.test(lower)
}
